"""The story of the demonstration, step by step: what is done, and what must come of it."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from demo.narration import Expected, Narration
from demo.tampering import flip_one_bit, remove_step

HERE = Path(__file__).resolve().parent
VERIFIER = HERE.parent / "src" / "comity" / "evidence" / "standalone" / "verify.py"
LOG = "log.arcadia.example/custody"
UNIT, BRANCH, LABORATORY = "Arcadia Cybercrime Unit", "Northern Branch", "Forensic Laboratory of Borealia"
CUSTODIAN = ("--name", "Bruno Keller", "--role", "evidence custodian", "--authority", UNIT, "--state", "XA")
OFFICER = ("--name", "Amina Darvish", "--role", "duty officer", "--authority", UNIT, "--state", "XA")
RESPONDER = ("--name", "Chen Liang", "--role", "first responder", "--authority", BRANCH, "--state", "XA")
EXPERT = ("--name", "Dalia Moreau", "--role", "forensic expert", "--authority", LABORATORY, "--state", "XB")
LABEL = "Golha Clinic, invoice 2207"
WARRANT = "Warrant 2026/118, District Court of Arcadia (invented)"
AT_NODE = ("--home", "node", "--as", "custodian")
TRUSTED = ("--trust", "trust/joined")
STAMPED_STEP = 3
NOTHING_WRONG, WRONG, SIGNER_UNKNOWN, AS_FAR_AS_CHECKED = 0, 1, 3, 4


class Story:
    """Fourteen steps; those on which all later ones stand end the story when they fail."""

    def __init__(self, narration: Narration, comity: Path, evidence: Path | None) -> None:
        self._tale, self._comity_program, self._named = narration, comity, evidence
        self._folder = narration.folder
        self._evidence = str(evidence) if evidence else "evidence"
        self._exhibit = ""
        self._stamper: subprocess.Popen[str] | None = None
        self._stamping: tuple[str, ...] = ()

    def tell(self) -> None:
        """All steps in order."""
        foundations = (
            self.gather,
            self.prepare,
            self.seal,
            self.hand_over,
            self.check_with_stamp,
            self.export,
            self.join_trust,
        )
        judgments = (
            self.verify,
            self.verify_alone,
            self.verify_by_hand,
            self.verify_without_trust,
            self.flip,
            self.remove,
            self.forge,
        )
        for act in foundations:
            act()
            if not self._tale.steps[-1].ok:
                print("The later steps stand on this one, so the story ends here.\n")
                return
        for act in judgments:
            act()

    def close(self) -> None:
        """End the test stamp authority."""
        if self._stamper is not None:
            self._stamper.terminate()
            with self._stamper:  # closes its pipes and waits for its end
                self._stamper = None

    def places(self) -> list[str]:
        """Where everything lies, one line for each."""
        told = {
            self._evidence: "what was sealed",
            "laptop/ node/ expert/": "the homes of the first responder, of Arcadia's node, of the expert",
            "sealed/": "the package from the field",
            "for-the-court/": "the package for the expert",
            "trust/joined/": "whom the expert trusts",
            "publisher/verify.py": "the stand-alone verifier",
            "flipped/ shortened/ forged/": "the packages that do not hold",
        }
        return [f"  {place:<28}  {words}" for place, words in told.items()]

    def _comity(self, *words: str, expected: Expected | None = None) -> str:
        typed = f"comity {shlex.join(words)}"
        return self._tale.run([self._comity_program, *words], expected, typed=typed)

    def _alone(self, *words: str, expected: Expected) -> str:
        """What the stand-alone verifier says, with no environment but the openssl that you may have named."""
        command = ["-I", "publisher/verify.py", *words]
        named = {name: value for name, value in os.environ.items() if name == "COMITY_OPENSSL"}
        words_before = [f"{name}={value}" for name, value in named.items()]
        typed = shlex.join(["env", "-i", *words_before, "python3", *command])
        return self._tale.run([sys.executable, *command], expected, typed=typed, environment=named)

    def _shell(self, typed: str, expected: Expected | None = None) -> str:
        return self._tale.run(["sh", "-c", typed], expected, typed=typed)

    # --- from the field to the court

    def gather(self) -> None:
        """Step 1: there is evidence."""
        if self._named:
            with self._tale.step("There is evidence", "You named what is to be sealed."):
                self._tale.show(f"evidence: {self._named}")
            return
        with self._tale.step(
            "There is evidence",
            "A clinic was deceived into paying an invoice to a strange account. People, places and accounts are "
            "invented; the formats are real.",
        ):
            program = HERE / "evidence.py"
            typed = "python3 demo/evidence.py evidence"
            self._tale.run([sys.executable, program, "evidence"], Expected(shows=("  ",)), typed=typed)

    def prepare(self) -> None:
        """Step 2: a node and the keys of four people."""
        with self._tale.step(
            "Homes and keys are made",
            "Arcadia's node keeps the keys of its duty officer and its evidence custodian, its log and its embedded "
            "database. The first responder has a laptop, the expert in Borealia a home of their own.",
        ):
            made = Expected(shows=("made", "log"))
            self._comity("node", "init", "node", "--log", LOG, expected=made)
            for home, slug, person in (
                ("node", "officer", OFFICER),
                ("node", "custodian", CUSTODIAN),
                ("laptop", "responder", RESPONDER),
                ("expert", "expert", EXPERT),
            ):
                self._comity("key", "make", slug, *person, "--home", home, expected=made)

    def seal(self) -> None:
        """Step 3: the evidence is sealed in the field."""
        with self._tale.step(
            "The first responder seals the evidence in the field",
            "Without node and without network: every byte is read once, the first custody step is signed with two "
            "signatures and entered in the laptop's own log, and a package is written.",
        ):
            said = (
                *("--label", LABEL, "--purpose", "first copy on the scene", "--basis", WARRANT),
                *("--place", "Golha Clinic, accounts", "--device", "work computer of the accounts office"),
            )
            target = ("--out", "sealed", "--home", "laptop", "--as", "responder")
            told = Expected(
                says=("sealed", "exhibit", "root", "log "), shows=("seal ", "not read", "package")
            )
            output = self._comity("exhibit", "seal", self._evidence, *target, *said, expected=told)
            found = re.search(r"^ *exhibit +([0-9a-f ]+)$", output, re.MULTILINE)
            self._tale.require(holds=found is not None, otherwise="the exhibit's number is not shown")
            self._exhibit = found[1].replace(" ", "")[:8] if found else ""

    def hand_over(self) -> None:
        """Step 4: the exhibit goes to the node, custody unbroken."""
        with self._tale.step(
            "The node takes the exhibit over",
            "The first responder offers it to the custodian's key and to no other. The node reads every byte again "
            "before the custodian accepts; all steps come along as they were signed.",
        ):
            only = ("--only", "custodian", "--home", "node")
            self._comity(
                "trust", "export", "trust/custodian", *only, expected=Expected(shows=("fingerprint",))
            )
            offer = ("--to", "trust/custodian", "--home", "laptop", "--as", "responder")
            self._comity("exhibit", "transfer", "sealed", *offer, expected=Expected(says=("offered",)))
            self._comity(
                *("exhibit", "transfer", "sealed", "--accept", *AT_NODE, "--place", "evidence room 2"),
                expected=Expected(says=("read again", "accept"), shows=("log ",)),
            )
            held = Expected(says=("Bruno Keller",), shows=("state", "UTC"))
            self._comity("exhibit", "show", self._exhibit, "--home", "node", expected=held)

    def check_with_stamp(self) -> None:
        """Step 5: the custodian checks the exhibit, and the step is stamped."""
        with self._tale.step(
            "The custodian checks the exhibit again, with a time stamp",
            "A stamp authority for tests starts on this machine alone. From now on every step of the node gets an "
            "RFC 3161 stamp over its log's checkpoint.",
        ):
            if not self._start_stamper():
                return
            check = (
                "exhibit",
                "check",
                self._exhibit,
                *AT_NODE,
                *self._stamping,
                "--purpose",
                "weekly inspection",
            )
            self._comity(*check, expected=Expected(says=("check", "stamped"), shows=("log ",)))

    def _start_stamper(self) -> bool:
        words = ("--while-stdin-open", "--roots", "stamp-authority.pem")
        program = [sys.executable, str(HERE / "stamper.py"), *words]
        self._tale.type_line("python3 demo/stamper.py --roots stamp-authority.pem &")
        began = time.monotonic()
        self._stamper = subprocess.Popen(
            program, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        address = self._stamper.stdout.readline().strip() if self._stamper.stdout else ""
        if not address.startswith("http://127.0.0.1:"):
            self._tale.require(
                holds=False, otherwise="the test stamp authority did not start; it needs 'comity[test]'"
            )
            return False
        self._tale.show(f"{address}, ready after {time.monotonic() - began:.2f} s")
        self._stamping = ("--stamp-authority", address, "--stamp-roots", "stamp-authority.pem")
        return True

    def export(self) -> None:
        """Step 6: a copy for the court."""
        with self._tale.step(
            "A copy leaves for the court",
            "The custodian exports a package for the expert of Borealia. That it left, and for whom, is a custody "
            "step too.",
        ):
            whom = "Dalia Moreau, forensic expert, for the Court of Borealia"
            said = ("--for", whom, "--basis", "Request XB-2026-31 (invented)")
            self._comity(
                *("exhibit", "export", self._exhibit, "--out", "for-the-court", *said, *AT_NODE),
                expected=Expected(says=("export", "stamped", "package"), shows=("log ",)),
            )

    def join_trust(self) -> None:
        """Step 7: whom the expert trusts."""
        with self._tale.step(
            "The expert decides whom to trust",
            "Laptop and node hand out their public keys by another way than the evidence. The expert joins the two "
            "folders and compares the fingerprint by voice.",
        ):
            shows = Expected(says=("fingerprint",))
            self._comity("trust", "export", "trust/laptop", "--home", "laptop", expected=shows)
            self._comity("trust", "export", "trust/node", "--home", "node", expected=shows)
            joined = self._comity(
                "trust", "join", "trust/joined", "trust/laptop", "trust/node", expected=shows
            )
            found = re.search(r"fingerprint +([0-9a-f ]+)", joined)
            self._tale.require(holds=found is not None, otherwise="no fingerprint is shown")
            says = (f"Fingerprint {found[1]}",) if found else ()
            shown = Expected(says=says, shows=("Signs", "Orders", "Says"))
            self._comity("trust", "show", "trust/joined", expected=shown)

    # --- at the court

    def verify(self) -> None:
        """Step 8: Comity's own verifier."""
        with self._tale.step(
            "The expert verifies the package",
            "Every byte, every signature, every log entry and every stamp is judged.",
        ):
            shows = ("fingerprint", "holds", "hold, byte for byte", "stamped")
            verified = verdict(NOTHING_WRONG, "VERIFIED.", shows=shows)
            self._comity("verify", "for-the-court", *TRUSTED, expected=verified)

    def verify_alone(self) -> None:
        """Step 9: one file, Python and openssl."""
        with self._tale.step(
            "The same again, without Comity",
            "One file from the publisher, not the copy in the package, run by plain Python with openssl, in an empty "
            "environment. It was written apart from Comity's own verifier.",
        ):
            (self._folder / "publisher").mkdir()
            shutil.copyfile(VERIFIER, self._folder / "publisher" / "verify.py")
            either = Expected((NOTHING_WRONG, AS_FAR_AS_CHECKED), shows=(" holds ", "Verdict"), verdict=True)
            output = self._alone("for-the-court", *TRUSTED, expected=either)
            gaps = Counter(re.findall(r"cannot-be-checked +(.+)", output))
            for gap, times in gaps.items():
                self._tale.show(f"cannot be checked here, {times} times: {gap}")
            if self._tale.steps[-1].exit[-1] == AS_FAR_AS_CHECKED:
                self._tale.show(
                    "Exit 4, not 0: nothing is wrong, but the openssl here cannot check all of it."
                )
                self._tale.show("Comity's own verifier checked the same signatures in the step before.")
            else:
                self._tale.show("Exit 0: the openssl here checked both signatures of every statement.")

    def verify_by_hand(self) -> None:
        """Step 10: tools that every Linux system has."""
        with self._tale.step(
            "By hand", "With tools that know nothing of Comity, as VERIFY.txt in the package explains."
        ):
            if shutil.which("sha256sum"):
                check = "cd for-the-court && sha256sum --strict -c"
                self._shell(f"{check} manifest-sha256.txt", Expected(shows=(": ",)))
                self._shell(f"{check} --quiet tagmanifest-sha256.txt", Expected(shows=(": ",)))
                self._tale.show("All other files too; --quiet names only those that differ.")
            else:
                self._tale.show("There is no sha256sum on this machine; left out.")
            if shutil.which("openssl"):
                step = f"for-the-court/custody/{STAMPED_STEP:04d}"
                self._shell(f"sed '1,/^$/d' {step}.tlog-proof > checkpoint")
                roots = "-CAfile trust/joined/stamp-authorities.pem"
                judged = Expected(says=("Verification: OK",))
                self._shell(f"openssl ts -verify -data checkpoint -in {step}.tsr {roots}", judged)
            else:
                self._tale.show("There is no openssl on this machine; left out.")

    def verify_without_trust(self) -> None:
        """Step 11: nobody is believed without trust material."""
        with self._tale.step(
            "Without trust material nobody is believed",
            "The package agrees with itself, but anybody could have made it. Both verifiers say so.",
        ):
            self._comity(
                "verify", "for-the-court", expected=verdict(SIGNER_UNKNOWN, "INTACT, SIGNER UNKNOWN")
            )
            self._alone("for-the-court", expected=verdict(SIGNER_UNKNOWN, "intact-signer-unknown"))

    # --- against it

    def flip(self) -> None:
        """Step 12: one bit of the evidence is changed."""
        with self._tale.step(
            "One bit is flipped",
            "In a copy, the lowest bit of the middle byte of the largest evidence file is turned. Both verifiers name "
            "the file and the range of bytes.",
        ):
            shutil.copytree(self._folder / "for-the-court", self._folder / "flipped")
            flip = flip_one_bit(self._folder / "flipped")
            self._tale.show(f"turned: the lowest bit of byte {flip.offset} of {flip.path}")
            span = f"bytes {flip.begin} to {flip.end}"
            self._comity(
                "verify", "flipped", *TRUSTED, expected=verdict(WRONG, flip.path, span, "DOES NOT HOLD")
            )
            self._alone("flipped", *TRUSTED, expected=verdict(WRONG, flip.path, span, "does-not-hold"))

    def remove(self) -> None:
        """Step 13: a custody step is taken out."""
        with self._tale.step(
            "A custody step is removed",
            f"In a copy, step {STAMPED_STEP} is taken out, the later step is numbered anew and the list of files is "
            "written again. sha256sum is content; the chain of signed steps and the holder's handover are not.",
        ):
            shutil.copytree(self._folder / "for-the-court", self._folder / "shortened")
            remove_step(self._folder / "shortened", STAMPED_STEP)
            if shutil.which("sha256sum"):
                self._shell("cd shortened && sha256sum --strict -c --quiet tagmanifest-sha256.txt")
            self._comity("verify", "shortened", *TRUSTED, expected=verdict(WRONG, "DOES NOT HOLD"))
            self._alone("shortened", *TRUSTED, expected=verdict(WRONG, "does-not-hold"))

    def forge(self) -> None:
        """Step 14: somebody makes everything anew, with keys of their own."""
        with self._tale.step(
            "Somebody makes everything anew",
            "With keys in the custodian's name, a log of the same name, the altered evidence and genuine stamps of the "
            "same authority. It agrees with itself; against the trust folder it does not hold.",
        ):
            self._comity("node", "init", "forger", "--log", LOG)
            self._comity("key", "make", "custodian", *CUSTODIAN, "--home", "forger")
            altered = next((self._folder / "flipped" / "data").iterdir()).name
            self._comity(
                *("exhibit", "seal", f"flipped/data/{altered}", "--label", LABEL, "--out", "forged"),
                *("--home", "forger", "--as", "custodian", *self._stamping),
                expected=Expected(says=("sealed", "stamped")),
            )
            self._comity("verify", "forged", expected=verdict(SIGNER_UNKNOWN, "INTACT, SIGNER UNKNOWN"))
            stranger = "signs with a key that the trust material does not name"
            self._comity("verify", "forged", *TRUSTED, expected=verdict(WRONG, stranger, "DOES NOT HOLD"))
            self._alone("forged", *TRUSTED, expected=verdict(WRONG, "signer:", "does-not-hold"))


def verdict(code: int, *says: str, shows: Sequence[str] = ()) -> Expected:
    """What is expected of a verifier."""
    return Expected((code,), says=says, shows=shows, verdict=True)
