/* The way to the server and back: what people do goes by POST, what happened comes as events. */

export const state = { cast: [], bot: {}, chats: new Map(), mail: [], faults: {}, counts: null, places: [] };

async function post(path, options) {
  try {
    const response = await fetch(path, { method: "POST", ...options });
    if (!response.ok) return { trouble: (await response.text()) || String(response.status) };
    return { value: await response.json() };
  } catch {
    return { trouble: "stopped" };
  }
}

export function tell(path, body = {}) {
  return post(path, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export const act = (person, action, body = {}) => tell(`/people/${person}/${action}`, body);

export function upload(person, file, kind) {
  const headers = {
    "X-File-Name": encodeURIComponent(file.name), "X-File-Kind": kind, "Content-Type": "application/octet-stream",
  };
  return post(`/people/${person}/upload`, { headers, body: file });
}

/* Calls react(name, data, before) for every event, once the state holds it; "lost" when the server is gone. */
export function listen(react) {
  const source = new EventSource("/events");
  const put = {
    chat: (chat) => {
      const before = state.chats.get(chat.id);
      state.chats.set(chat.id, chat);
      return before;
    },
  };
  for (const name of ["cast", "chat", "mail", "bot", "faults", "counts"]) {
    source.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      const before = put[name] ? put[name](data) : state[name];
      if (!put[name]) state[name] = data;
      react(name, data, before);
    });
  }
  source.onerror = () => react("lost");
}
