"""The declarative base and the column types every entity shares."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored as naive UTC and read back aware; a naive value is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return ``value`` in UTC without its zone, ready for the driver."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment as an aware datetime in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite counts rows only in INTEGER PRIMARY KEY; PostgreSQL wants eight bytes said aloud.
BigInt = BigInteger().with_variant(Integer, "sqlite")

Key = Annotated[int, mapped_column(BigInt, primary_key=True, autoincrement=True)]
Money = Annotated[int, mapped_column(BigInt)]
"""Minor units (kopecks) of the row's or the company's currency."""
Quantity = Annotated[int, mapped_column(BigInt)]
"""Thousandths of the product's base unit."""


class Base(DeclarativeBase):
    """Common metadata; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  read once by SQLAlchemy, never changed


def choice(kind: type[enum.Enum]) -> Enum:
    """Return a column type that stores the values of ``kind`` as plain strings."""

    def values(members: type[enum.Enum]) -> list[Any]:
        return [member.value for member in members]

    return Enum(kind, native_enum=False, create_constraint=False, length=24, values_callable=values)
