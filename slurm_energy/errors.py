"""One tree of errors; each message is one line that names the value and the cure.

::

    SlurmEnergyError            anything we raise on purpose
    ├── InputError              somebody gave us a wrong value: tag, rule, setting, row
    │   ├── TagError            a comment tag or SLURM_ENERGY (refused at sbatch)
    │   ├── ConfigError         the TOML configuration; carries every problem at once
    │   └── SeriesError         a signal file or answer
    ├── SlurmError              Slurm did not do what was asked
    │   ├── SlurmUnavailable    no answer in time: the cluster's jobs are left as they are
    │   ├── SlurmRefused        an answer, and it was no
    │   └── SlurmMismatch       the client library belongs to another Slurm version
    ├── LedgerError             the database said no
    │   └── LedgerUnavailable   it is away: go on in the safe direction, write later
    ├── ProviderError           a provider of signals gave no answer that can be used
    │   └── ProviderRefused     it said no: to the token, the plan or the zone
    ├── DaemonUnavailable       the local daemon does not answer on its socket
    └── NotPermitted            the caller may not see or do this
"""

from collections.abc import Sequence


class SlurmEnergyError(Exception):
    """Root of everything this package raises on purpose."""


class InputError(SlurmEnergyError):
    """A value from outside is wrong; the message names it, what is allowed and the cure."""


class TagError(InputError):
    """A job's tag is wrong; the message is what the user sees at ``sbatch``."""


class ConfigError(InputError):
    """The configuration is wrong; ``problems`` lists every fault, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class SeriesError(InputError):
    """A signal's file or answer can't be used."""


class SlurmError(SlurmEnergyError):
    """Slurm did not do what was asked."""


class SlurmUnavailable(SlurmError):
    """No answer from Slurm within the time limit."""


class SlurmRefused(SlurmError):
    """Slurm answered, and refused."""


class SlurmMismatch(SlurmError):
    """The installed client library was built for another version of Slurm."""


class LedgerError(SlurmEnergyError):
    """The ledger's database refused a statement."""


class LedgerUnavailable(LedgerError):
    """The ledger's database can't be reached now."""


class ProviderError(SlurmEnergyError):
    """A provider of signals gave no answer that can be used; ask again after ``retry_after`` s."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderRefused(ProviderError):
    """The provider refused the token, the plan or the zone: asking again alone helps nothing."""


class DaemonUnavailable(SlurmEnergyError):
    """The local daemon does not answer on its socket."""


class NotPermitted(SlurmEnergyError):
    """The caller may not see or do this; the message says who may."""
