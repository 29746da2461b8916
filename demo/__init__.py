"""The far ends of the bot on one machine: Telegram, a mailbox, a map — and a page that shows them."""
