# ruff: noqa: RUF001 - Persian letters are no lookalikes of Latin ones
"""What the invented people of the demonstration wrote: letters, a chat, a bank statement.

Everything here is made up. The States Arcadia (XA) and Borealia (XB) do not exist, no account number has the
form of a real one, and all addresses lie under example.org and .invalid, which nobody can register.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

BEGIN = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
CLINIC = "Nasrin Tavakoli <accounts@golha-clinic.example.org>"
DIRECTOR = "Omid Farahani <director@golha-clinic.example.org>"
SUPPLIER = "Peter Halloran <orders@harbour-medical.example.org>"
IMPOSTOR = "Peter Halloran <orders@harbour-medical.invalid>"
OLD_ACCOUNT = "XB00 INVENTED 0000 4711"
NEW_ACCOUNT = "XA00 INVENTED 0000 0815"


@dataclass(frozen=True)
class Letter:
    """One letter of the correspondence: hours after its beginning, who writes to whom, and what."""

    hours: int
    sender: str
    to: str
    subject: str
    body: str

    @property
    def moment(self) -> datetime:
        """When it was sent."""
        return BEGIN + timedelta(hours=self.hours)

    def message(self, number: int) -> EmailMessage:
        """The letter as mail programs write it, the same bytes every time."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, self.to, self.subject
        message["Date"] = format_datetime(self.moment)
        message["Message-ID"] = f"<letter-{number}@{self.sender.rpartition('@')[2].rstrip('>')}>"
        message.set_content(self.body)
        return message


LETTERS = (
    Letter(
        0,
        SUPPLIER,
        CLINIC,
        "Invoice 2207",
        "Dear Nasrin,\n\nthe infusion pumps left our harbour this morning. Invoice 2207 over 18 400.00 is\n"
        f"payable to the account you know, {OLD_ACCOUNT}.\n\nKind regards\nPeter Halloran\n",
    ),
    Letter(
        26,
        IMPOSTOR,
        CLINIC,
        "Re: Invoice 2207 - changed account",
        "Dear Nasrin,\n\nour bank is being audited, so please pay invoice 2207 to our second account\n"
        f"{NEW_ACCOUNT} and send me the confirmation today. I am travelling and cannot be\n"
        "reached by telephone.\n\nKind regards\nPeter Halloran\n",
    ),
    Letter(
        27,
        CLINIC,
        DIRECTOR,
        "پرداخت صورت‌حساب ۲۲۰۷",
        "سلام آقای فرهانی،\n\nآقای هالوران نوشته است که شماره حساب شرکت عوض شده و مبلغ ۱۸٬۴۰۰ باید امروز"
        " به حساب تازه\nواریز شود. تلفنش هم جواب نمی‌دهد. اجازه می‌دهید پرداخت کنم؟\n\nبا احترام\n"
        "نسرین توکلی\n",
    ),
    Letter(
        28,
        DIRECTOR,
        CLINIC,
        "Re: پرداخت صورت‌حساب ۲۲۰۷",
        "نسرین جان،\n\nدستگاه‌ها را لازم داریم؛ پرداخت کنید و رسید را برایشان بفرستید.\n\nامید فرهانی\n",
    ),
    Letter(
        29,
        CLINIC,
        IMPOSTOR,
        "Confirmation of payment, invoice 2207",
        f"Dear Peter,\n\n18 400.00 went to {NEW_ACCOUNT} at noon; the confirmation is attached\n"
        "to my next letter.\n\nNasrin Tavakoli\n",
    ),
    Letter(
        190,
        SUPPLIER,
        CLINIC,
        "Reminder: invoice 2207",
        "Dear Nasrin,\n\ninvoice 2207 is still open. We have never had a second account and did not write\n"
        "to you on Tuesday. Please call me on the number you have always used.\n\nPeter Halloran\n",
    ),
)

INVOICE_LINES = (
    "Harbour Medical Supplies, Borealia (invented)",
    "Invoice 2207: 4 infusion pumps, 18 400.00",
    f"Payable to {NEW_ACCOUNT}",
)

CHAT_PEOPLE = ((1, "kaveh", "Kaveh (driver)"), (2, "north-star", "North Star"))
CHAT = (
    (1, 2, 28.6, "It will come at noon, 18 400. Your part is five percent."),
    (2, 1, 28.7, "باشه. از خودپرداز بگیرم یا حواله کنم؟"),
    (3, 2, 28.8, "Half in cash, half to the second card. Delete this chat afterwards."),
    (4, 1, 31.2, "تمام شد. ۹۲۰۰ نقد گرفتم، بقیه را فرستادم."),
    (5, 2, 31.3, "Good. The next invoice is a printer's."),
)

STATEMENT = (
    ("date", "value date", "text", "counterparty", "amount", "balance"),
    ("2026-03-01", "2026-03-01", "opening balance", "", "", "212.40"),
    ("2026-03-03", "2026-03-03", "invoice 2207", "Golha Clinic, XA00 INVENTED 0000 0042", "18400.00", "18612.40"),
    ("2026-03-03", "2026-03-03", "cash, machine 17 Bazaar Street", "", "-4600.00", "14012.40"),
    ("2026-03-03", "2026-03-03", "cash, machine 3 Station Square", "", "-4600.00", "9412.40"),
    ("2026-03-03", "2026-03-04", "انتقال به کارت", "XB00 INVENTED 0000 1312", "-9200.00", "212.40"),
)  # fmt: skip

NOTE_NAME = "یادداشت.txt"
NOTE = "کارت دوم نزد کاوه است.\nPIN on the back of the receipt.\n"

FLOPPY_ACCOUNTS = f"OLD {OLD_ACCOUNT}\r\nNEW {NEW_ACCOUNT}\r\nCARD XB00 INVENTED 0000 1312\r\n"
FLOPPY_READ_ME = "Backup of the work computer, March 2026.\r\n" * 40
FLOPPY_DELETED = "1. Write as Peter.  2. Give account 0815.  3. Next: the printer.\r\n" * 12
