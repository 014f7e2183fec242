"""Meanings of errors from the libraries that our contracts use: by name, what happened and what to do.

OpenZeppelin declares them, so their sentences cannot be written above them in ``contracts/interfaces/`` as
for our own errors. Placeholders are the error's arguments; amounts are base units of the token.
"""

_RESEND = "Try again. If it keeps failing, report it with the deployment's chain and block."
_DEFECT = "This is a defect in Assay or its deployment; please report it."
_SIGN_AGAIN = "Sign again."
_GOVERNANCE = "Only the market's governance can do this."
_OTHER_ACCOUNT = "Name another account."

LIBRARY_ERRORS: dict[str, tuple[str, str]] = {
    # governance
    "GovernorAlreadyCastVote": ("{voter} has voted.", "A vote cannot be changed."),
    "GovernorAlreadyQueuedProposal": ("The proposal is already queued.", "Execute it when its time comes."),
    "GovernorDisabledDeposit": ("The governor accepts no money.", "Send nothing to it."),
    "GovernorInsufficientProposerVotes": (
        "{proposer} had no vote one second ago, so it cannot propose.",
        "Take a seat with `assay governance seat join` and activate it.",
    ),
    "GovernorInvalidProposalLength": (
        "The proposal has no call, or its lists differ in length.",
        "Propose at least one call, each with a target, a value and data.",
    ),
    "GovernorInvalidSignature": ("The signature is not {voter}'s.", _SIGN_AGAIN),
    "GovernorInvalidVoteParams": ("A vote takes no parameters.", "Vote without them."),
    "GovernorInvalidVoteType": ("A vote is for, against or abstain.", "Cast one of these."),
    "GovernorInvalidVotingPeriod": ("A voting period of {votingPeriod} is not allowed.", "Choose another."),
    "GovernorNonexistentProposal": ("There is no such proposal.", "List them with `assay governance list`."),
    "GovernorOnlyExecutor": ("{account} cannot do this on its own.", _GOVERNANCE),
    "GovernorProposalQueueingFailed": ("The proposal could not be queued.", _DEFECT),
    "GovernorProposalQueueingNotRequired": ("The proposal need not be queued.", "Execute it."),
    "GovernorRestrictedProposer": (
        "The description names a proposer other than {proposer}.",
        "Propose from that account, or change the description.",
    ),
    "GovernorUnableToCancel": (
        "{account} cannot cancel the proposal.",
        "Only its proposer can, and only before voting begins.",
    ),
    "GovernorUnexpectedProposalState": (
        "The proposal is {current} and cannot take this step now.",
        "See `assay governance show`.",
    ),
    "TimelockInsufficientDelay": ("The timelock waits at least {minDelay} seconds, not {delay}.", _DEFECT),
    "TimelockInvalidOperationLength": ("The timelock received lists that differ in length.", _DEFECT),
    "TimelockUnauthorizedCaller": ("{caller} cannot do this on its own.", _GOVERNANCE),
    "TimelockUnexecutedPredecessor": ("Another operation has to be executed first.", "Execute that one."),
    "TimelockUnexpectedOperationState": (
        "The operation is still waiting in the timelock, or it has been executed or cancelled.",
        "See `assay governance show`.",
    ),
    "VotesExpiredSignature": ("The signature has expired.", "Votes cannot be delegated here in any case."),
    "ERC5805FutureLookup": ("Votes at that time are not known yet.", "Ask about a time in the past."),
    "ERC6372InconsistentClock": ("The clock by which votes are counted has changed.", _DEFECT),
    "CheckpointUnorderedInsertion": ("Votes were recorded out of order.", _DEFECT),
    # tokens
    "ERC20InsufficientAllowance": (
        "{spender} may take {allowance} base units of the token, but {needed} are needed.",
        "Approve or permit more.",
    ),
    "ERC20InsufficientBalance": (
        "{sender} holds {balance} base units of the token, but {needed} are needed.",
        "Get more of the token.",
    ),
    "ERC20InvalidApprover": ("{approver} cannot approve tokens.", _OTHER_ACCOUNT),
    "ERC20InvalidReceiver": ("{receiver} cannot receive tokens.", _OTHER_ACCOUNT),
    "ERC20InvalidSender": ("{sender} cannot send tokens.", _OTHER_ACCOUNT),
    "ERC20InvalidSpender": ("{spender} cannot be approved to spend tokens.", _OTHER_ACCOUNT),
    "ERC2612ExpiredSignature": ("The token permit has expired.", "Sign a new one."),
    "ERC2612InvalidSigner": (
        "The token permit was signed by {signer}, not by {owner}.",
        "Sign it with the owner's wallet.",
    ),
    "ERC721IncorrectOwner": ("{sender} does not own model {tokenId}.", "Its owner is {owner}."),
    "ERC721InsufficientApproval": (
        "{operator} may not transfer model {tokenId}.",
        "Ask its owner for approval.",
    ),
    "ERC721InvalidApprover": ("{approver} cannot approve transfers.", "Use the owner's account."),
    "ERC721InvalidOperator": ("{operator} cannot be approved to transfer models.", _OTHER_ACCOUNT),
    "ERC721InvalidOwner": ("{owner} cannot own a model.", _OTHER_ACCOUNT),
    "ERC721InvalidReceiver": ("{receiver} cannot receive a model.", _OTHER_ACCOUNT),
    "ERC721InvalidSender": ("{sender} cannot send a model.", _OTHER_ACCOUNT),
    "ERC721NonexistentToken": ("There is no model {tokenId}.", "Check the number and the chain."),
    "SafeERC20FailedOperation": (
        "The token {token} refused the transfer.",
        "Check the balance and the allowance.",
    ),
    # access, addresses, signatures, numbers
    "AccessControlUnauthorizedAccount": ("{account} does not have the right to do this.", _GOVERNANCE),
    "AccessControlBadConfirmation": (
        "Only the holder of a right can give it up.",
        "Use the holder's account.",
    ),
    "AddressEmptyCode": ("There is no contract at {target}.", "Check the address."),
    "ECDSAInvalidSignature": ("The signature is malformed.", _SIGN_AGAIN),
    "ECDSAInvalidSignatureLength": ("The signature has {length} bytes instead of 65.", _SIGN_AGAIN),
    "ECDSAInvalidSignatureS": ("The signature is not in canonical form.", _SIGN_AGAIN),
    "FailedCall": ("A call inside the transaction failed without giving a reason.", _RESEND),
    "InvalidAccountNonce": (
        "The number in the signature is used up; the next one is {currentNonce}.",
        _SIGN_AGAIN,
    ),
    "InvalidShortString": ("A short text cannot be decoded.", _DEFECT),
    "StringsInsufficientHexLength": ("The value {value} needs more than {length} digits.", _DEFECT),
    "StringTooLong": ("A text is too long.", "Shorten it."),
    "ReentrancyGuardReentrantCall": (
        "A contract called back into the market during a call.",
        "Use another token or another account.",
    ),
    "SafeCastOverflowedUintDowncast": (
        "The amount {value} is too large.",
        "Choose a smaller one.",
    ),
    "SafeCastOverflowedIntDowncast": ("The value {value} is too large.", "Choose a smaller one."),
    "SafeCastOverflowedUintToInt": ("The value {value} is too large.", "Choose a smaller one."),
    "SafeCastOverflowedIntToUint": ("The value {value} is negative.", "Choose a positive one."),
}
