"""What each custom error means to the person who meets it, and what to do: one table by the error's name.

Placeholders are the error's own arguments; amounts in them are base units of the token.
"""

_RESEND = "Try again; if it stays, report it with the deployment's chain and block."
_CREATED = "Check the number and the chain."
_DEFECT = "This is a defect of the deployment or of Assay; please report it."
_GOVERNANCE = "Only the market's governance can do this."

SENTENCES: dict[str, tuple[str, str]] = {
    # deliveries by proof
    "InvalidPoint": (
        "The point with the coordinates {x} and {y} is none that a delivery can use.",
        "Make delivery keys and deliveries with Assay's own software.",
    ),
    "PossessionNotProven": (
        "The delivery does not prove that its sender made it for this deal.",
        "Make it anew, for this deal and the recipient's delivery key on-chain.",
    ),
    "NotAgreedOn": (
        "The panel agreed on another delivery than this one.",
        "Make it from the content key, for this deal and the customer's delivery key on-chain.",
    ),
    "OtherDelivery": (
        "This is not the delivery that was made, or the delivery key is another.",
        "Refute the delivery as it is on-chain, with the key that you named in this deal.",
    ),
    "RefutationNotProven": (
        "The refutation does not prove what the delivery holds.",
        "Make it anew, from the delivery on-chain and the delivery key of this deal.",
    ),
    "KeyIsRight": ("The delivery holds the right key.", "Nothing is left to do: open the artifact with it."),
    # reputation
    "UnknownSource": (
        "{source} is no source of facts that this market trusts.",
        "Use the market's CommissionFacts; governance names the sources.",
    ),
    "AlreadyRecorded": ("What deal {dealId} says has been brought in.", "Nothing is left to do."),
    "NoFacts": ("Deal {dealId} says nothing of anybody.", "There is nothing to bring in."),
    "TooManyFacts": ("{source} states {count} facts of one deal.", _DEFECT),
    "InvalidFact": ("A fact of kind {kind} about {subject} has no kind or no domain.", _DEFECT),
    "InvalidStars": ("A rating has one to five stars, not {stars}.", "Give one of these."),
    "NotBuyer": ("Only {buyer}, who bought it, can rate this deal.", "Act as that account."),
    "AlreadyRated": ("Deal {dealId} has been rated.", "A rating is given once."),
    "NotFinal": ("Deal {dealId} is still open.", "Wait until it is settled or refunded."),
    "NotSettled": ("Deal {dealId} was not paid.", "Only the buyer in a settled deal rates."),
    # participants
    "AlreadyRegistered": (
        "{account} has already joined the market.",
        "Change its roles or domains instead of registering again.",
    ),
    "NotRegistered": (
        "{account}{bidder} has not joined the market.",
        "Register it first: `assay participant register`.",
    ),
    "UnknownRole": ("There is no role {role}.", "Use one of the roles of the registry."),
    "RegulatorIsExclusive": ("A regulator holds no other role.", "Use another account for the other roles."),
    "UnknownJurisdiction": (
        "The market does not know jurisdiction {jurisdiction}.",
        "Use one that Policy lists; governance can add more.",
    ),
    "InvalidDomains": (
        "The domains are not up to three different ones from the market's list.",
        "See `assay status` for the list.",
    ),
    "DomainsLocked": (
        "The domains of {account} were changed too recently; they can change again at {until}.",
        "Wait until then.",
    ),
    "WeakEncryptionKey": (
        "The encryption key is one to which nothing can be sealed.",
        "Use the key that the wallet derives.",
    ),
    "RoleNotHeld": (
        "{account} does not hold the role {role}.",
        "Take the role first, then have it accredited.",
    ),
    "NotAccreditable": (
        "The role {role} needs no accreditation.",
        "Only auditors and regulators are accredited.",
    ),
    "CredentialExpired": (
        "The credential had to be presented by {deadline}, for an accreditation until {validUntil}.",
        "Ask the accreditor for a new one.",
    ),
    "NotAccreditor": (
        "{account} is no accreditor of this market.",
        "Ask one that the market's governance named.",
    ),
    "InvalidSignature": (
        "The signature is not {signer}'s, or is for something else.",
        "Sign again, for this chain and this contract.",
    ),
    "SignatureExpired": ("The signature expired at {deadline}.", "Sign again."),
    "TieShortened": (
        "{account} has declared a tie to {other} until {until}, which can only be prolonged.",
        "Name a later time.",
    ),
    "RoleRequired": (
        "{account} does not hold the role {role} that this needs, or its waiting time has not passed.",
        "Register with the role, wait, and for auditors and regulators be accredited.",
    ),
    # escrow
    "ModuleNotAuthorised": ("{module} is no module that may hold money.", "Check the deployment file."),
    "ModuleAlreadyAuthorised": ("{module} is authorised already.", "Nothing is to be done."),
    "TooManyModules": ("The escrow's list of modules is full.", "Deploy a new escrow for new modules."),
    "OperatorNotApproved": (
        "{account} has not allowed {module} to use its escrow balance of {token}.",
        "Deposit with `assay escrow deposit`, which approves the market's contracts.",
    ),
    "InsufficientBalance": (
        "The escrow balance of {account} is {balance} base units, {needed} are needed.",
        "Deposit the difference: `assay escrow deposit`.",
    ),
    "InsufficientHold": ("A deal's money does not cover a payment: {held} held, {needed} needed.", _DEFECT),
    "HoldAlreadyOpen": ("The money of this deal is already set aside.", _DEFECT),
    "HoldNotOpen": ("No money is set aside for this.", _DEFECT),
    "NothingDeposited": (
        "No tokens arrived in escrow.",
        "Check the amount, and that the token really transfers.",
    ),
    "ZeroAddress": ("An address is missing (zero).", "Name the account."),
    "ZeroAmount": ("The amount is zero.", "Name an amount above zero."),
    "ZeroEpoch": ("An epoch lasts at least a second.", "Correct the market's parameters."),
    # auctions
    "UnknownAuction": ("There is no auction {auctionId}.", _CREATED),
    "AuctionExists": ("Auction {auctionId} has been opened before.", "Take another number."),
    "CommitEnded": ("Bids were accepted until {at}.", "It is too late for a bid."),
    "RevealNotOpen": (
        "Bids are revealed from {opensAt} to {endsAt}.",
        "Reveal within that time; unrevealed bonds are lost.",
    ),
    "RevealNotEnded": ("Bids can be revealed until {at}.", "Close the auction after that."),
    "AlreadyCommitted": (
        "{bidder}{validator}{juror} has already committed.",
        "There is one commitment each, which cannot be changed.",
    ),
    "NothingToReveal": (
        "{bidder} has no bid to reveal in auction {auctionId}, or has revealed it.",
        "Check the account.",
    ),
    "SealMismatch": (
        "The price is not the one that {bidder} committed to.",
        "Reveal with exactly the committed price and the same wallet.",
    ),
    "EmptySeal": ("The sealed bid is empty.", "Commit through the SDK, which computes it."),
    "AlreadyClosed": ("Auction {auctionId} is closed.", "Nothing is to be done."),
    "NothingToReclaim": (
        "There is no bond for {bidder} to reclaim.",
        "It was returned, forfeited, or still leads.",
    ),
    "NotOpener": (
        "Only the contract that opened this may do that, not {caller}.",
        "Use the market's own functions.",
    ),
    "InvalidTerms": (
        "The terms are not allowed: times must lie in the future and in order, numbers within their bounds.",
        "Correct the times and numbers.",
    ),
    "TiedToCustomer": (
        "{account} cannot bid: it has a tie to the customer ({conflict}).",
        "Bid on another commission.",
    ),
    # commissions
    "UnknownCommission": ("There is no commission {id}.", _CREATED),
    "WrongState": (
        "The deal or panel {id}{panelId} does not take this step now.",
        "See `assay commission show` for what is due.",
    ),
    "NotCustomer": ("{caller} is not the customer of this commission.", "Use the customer's wallet."),
    "NotDeveloper": ("{caller} is not the developer of this commission.", "Use the winner's wallet."),
    "NotParty": ("{caller} has no part in this step.", "Use the wallet of the party whose turn it is."),
    "OutsideDomain": (
        "{account} does not work in domain {domain}.",
        "Choose one in its domains, or change its domains.",
    ),
    "JurisdictionBlocked": (
        "Developers of jurisdiction {jurisdiction} may not serve this customer in this domain.",
        "This is a rule of the market's policy.",
    ),
    "OwnCommission": (
        "{account} is the customer, or tied to it, and cannot bid.",
        "Bid on another commission.",
    ),
    "FeeShareExceeded": (
        "{auditor} would have {fromParty} of {total} base units of its fees from {party}: over the cap.",
        "Ask another auditor; the figures begin anew in the next period.",
    ),
    "ScopeMissing": (
        "The report's scopes (bitmap {scopes}) do not cover all that an approval must (bitmap {required}).",
        "Examine what is missing, or reject.",
    ),
    "NoConformitySet": (
        "The risk class asks for a third party's test, and domain {domain} has no test set yet.",
        "Choose another risk class, or ask a conformity body to register a set and governance to name it.",
    ),
    "ShareCapExceeded": (
        "{account} was awarded {awarded} base units in this domain and period; the cap is {cap}.",
        "Bid again in the next period.",
    ),
    "InvalidRequest": ("The commission's {field} is not allowed.", "Correct it; see the market's policy."),
    "FeeTooLow": ("The evaluation fee is {fee} base units, the market asks for {minimum}.", "Raise the fee."),
    "TotalExceeded": (
        "Opening would take {total} base units, more than the {maxTotal} agreed to.",
        "The market's rules have changed; ask for a new quote.",
    ),
    "InvalidSubmission": ("The submission's {field} is not allowed.", "Correct it and submit again."),
    "NotDeliveries": (
        "Only the market's deliveries contract can do that, not {caller}.",
        "Deliver or refute through it: `assay model deliver`, `assay model refute`.",
    ),
    "SubmissionMismatch": (
        "This is not the submission that commission {id} recorded.",
        "Settle with the one from its last event.",
    ),
    "EmptyGrants": ("The key grants are empty.", "Publish the grants first."),
    "DeadlinePassed": (
        "The time for this step ended at {deadline}.",
        "Anyone may take the next one now.",
    ),
    "NothingDue": (
        "Nothing is due now: the present step ends at {deadline}, or when those who are expected have acted.",
        "See `assay commission show` or `assay dispute show` for who is expected.",
    ),
    "TooLittleGas": (
        "The gas did not suffice to draw the panel.",
        "Advance again with more gas; the SDK's estimate is enough.",
    ),
    # third-party test sets
    "UnknownTestSet": ("There is no test set {setId}.", _CREATED),
    "UnknownAssessment": ("There is no assessment {id}.", _CREATED),
    "InvalidTestSet": (
        "The test set's {field} is not allowed.",
        "A panel has an odd number of seats, 3 to 31; the tolerance is at most 1000000 ppm.",
    ),
    "SetIsRetired": (
        "Test set {setId} is retired.",
        "Apply for the one that counts now: `assay conformity list`.",
    ),
    "NotBody": ("{caller} is not the body of this test set.", "Use the body's wallet."),
    "OwnTestSet": (
        "Test set {setId} is the caller's own; a body certifies nothing for itself.",
        "Let the model's developer or owner apply.",
    ),
    "WrongStage": (
        "Assessment {id} is {stage} and does not take this step now.",
        "See `assay conformity show {id}`.",
    ),
    "NoStepDue": (
        "Nothing is due for assessment {id}: it is {stage} until {deadline}, or until somebody acts.",
        "See `assay conformity show {id}` for who is expected.",
    ),
    # validators and panels
    "NotValidator": (
        "{account} does not hold the role Validator.",
        "Register with it, and wait the waiting time.",
    ),
    "InsufficientFreeStake": (
        "{validator} has {free} base units of free stake, {needed} are needed.",
        "Add stake, or wait for seats to end.",
    ),
    "ExitPending": (
        "{validator} is already leaving; its exit completes at {availableAt}.",
        "Wait until then.",
    ),
    "NothingToExit": ("{validator} has no exit to complete.", "Request an exit first."),
    "PanelUnfilled": (
        "Only {found} of {wanted} validators could be drawn.",
        "More validators are needed; the draw can be repeated.",
    ),
    "UnknownPanel": ("There is no panel {panelId}.", _CREATED),
    "UnknownRequest": ("There is no validation request {requestId}.", _CREATED),
    "InvalidPanelSize": ("A panel cannot have {size} members.", "This is bounded by the market's policy."),
    "AlreadySeated": ("Panel {panelId} is seated.", "Nothing is to be done."),
    "NotSeated": (
        "The draw has not filled this seat, or it is somebody else's.",
        "Only those drawn act; wait for the draw.",
    ),
    "PanelIsDissolved": ("Panel {panelId} has ended with its deal.", "Nothing is to be done."),
    "DrawPending": ("The draw waits for the seed of block {blockNumber}.", "Seat once that block is there."),
    "DrawsExhausted": (
        "The draw was held as often as is allowed.",
        "Advance the deal; it ends with a refund.",
    ),
    "SeedUnavailable": (
        "The seed of block {blockNumber} is not there yet, or no longer.",
        "Wait for the block, or arm the draw anew, which costs the deal nothing.",
    ),
    "SeatingClosed": ("Panel {panelId} had to be seated by {at}.", "The result stands as it was."),
    "QuorumReached": ("Enough members have answered request {requestId}.", "Nobody is to be replaced."),
    "InvalidWindows": ("A panel's time to commit and to reveal cannot be zero.", "Name longer times."),
    "NotAuthorised": ("{caller} is no module that may put stakes at risk.", "Check the deployment file."),
    "ZeroSeatStake": ("A seat without stake binds nobody.", "Correct the market's policy."),
    "NotLocked": ("{module} has locked {locked} of {validator}'s stake, not {needed}.", _DEFECT),
    "RequestOpen": (
        "Panel {panelId} is still at work on request {requestId}.",
        "Wait until that is finished.",
    ),
    "NotMember": ("{caller} does not hold seat {seat} in request {requestId}.", "Use the seat's own wallet."),
    "CommitClosed": ("Reports of request {requestId} could be committed until {at}.", "It is too late."),
    "EmptyVote": ("The vote is empty.", "Commit through the SDK, which computes it."),
    "RevealClosed": (
        "Reports of request {requestId} are revealed from {opensAt} to {endsAt}.",
        "Mind the times.",
    ),
    "NotCommitted": (
        "{validator} has committed nothing in request {requestId}.",
        "Only committed reports count.",
    ),
    "AlreadyRevealed": ("{validator}{juror} has revealed already.", "Nothing is to be done."),
    "VoteMismatch": (
        "What is revealed is not what {validator}{juror} committed to.",
        "Reveal exactly that, with the same wallet.",
    ),
    "InvalidReport": (
        "The report of request {requestId} does not fit the question.",
        "Scores, criteria and words go with the status Answered, one score for each subject.",
    ),
    "TooEarly": ("This is possible from {until} on.", "Wait until then."),
    "TooLate": ("The time for this ended at {deadline}.", "Nothing can be done about it."),
    "AlreadyJudged": ("Request {requestId} has been judged.", "Nothing is to be done."),
    # questions to panels
    "UnknownRound": (
        "There is no panel {panelId}, or it has been let go.",
        "Check the number and the chain; the events have what it said.",
    ),
    "NotMarket": (
        "Only the market that opened this panel moves it on, not {caller}.",
        "Advance the deal in its market.",
    ),
    "InvalidQuestion": ("A panel cannot be asked this: the {field} is not allowed.", _DEFECT),
    "UnknownArtifact": (
        "The question to panel {panelId} has no artifact {artifact}.",
        "Artifacts are counted from 0.",
    ),
    "NotGranter": (
        "{caller} neither has to grant this key nor sits on panel {panelId}.",
        "Use the wallet that sealed the artifact.",
    ),
    "NotAppealable": (
        "What panel {panelId} has said cannot be appealed now.",
        "One appeal is possible, from the end of the reveals until the time for it is over.",
    ),
    # audits
    "UnknownAudit": ("There is no audit {auditId}.", _CREATED),
    "NotAccredited": (
        "{auditor}{account} is not accredited as auditor or regulator for this.",
        "Present a credential first.",
    ),
    "AlreadyEnrolled": ("{auditor}{account} is enrolled.", "Nothing is to be done."),
    "NotEnrolled": ("{auditor}{account} is not enrolled.", "Enrol first."),
    "SeatsHeld": ("{auditor} still owes {seats} verdicts.", "Post them first."),
    "ConflictOfInterest": (
        "{auditor} cannot judge this deal: it has a conflict of interest with {party} ({conflict}).",
        "Another auditor has to be drawn.",
    ),
    "RoleInDeal": (
        "{auditor} has another role in deal {dealId} and cannot audit it.",
        "Another auditor has to.",
    ),
    "UnknownSeat": ("Audit {auditId} has no seat {seatNumber}.", "Seats are counted from 0."),
    "AlreadyPosted": ("{auditor} has posted its verdict in audit {auditId}.", "Verdicts are written once."),
    "EmptyReport": ("The audit report is missing.", "Publish the report first."),
    "NoDeal": ("{opener}{market} holds no money for deal {dealId}.", _DEFECT),
    "NothingToReplace": ("No auditor of audit {auditId} is to be replaced.", "Nothing is to be done."),
    "ReplacementDue": (
        "Auditors of audit {auditId} have been silent and are to be replaced first.",
        "Advance the commission.",
    ),
    "NothingToDraw": ("Audit {auditId} has no vacant seat.", "Nothing is to be done."),
    # disputes
    "UnknownDispute": ("There is no dispute {id}{disputeID}.", _CREATED),
    "NotArbitrator": ("{caller} is not the arbitrator of that dispute.", "Only the arbitrator rules."),
    "AlreadyResolved": ("Dispute {id} is resolved.", "Nothing is to be done."),
    "EmptyEvidence": ("The evidence is missing.", "Publish it first."),
    "WrongPayment": (
        "The arbitrator costs {cost} wei, {sent} were sent.",
        "Send exactly that; the market's own court takes none.",
    ),
    "DisputeIdTaken": ("{arbitrator} has used the number {arbitratorDisputeId} before.", "Tell the market."),
    "NotDisputes": ("Only the market's disputes contract can do that, not {caller}.", "Open a dispute."),
    "RefundIsPending": (
        "Commission {id} ends in a refund ({cause}), and nobody is paid for a model.",
        "Advance it when the challenge window is over.",
    ),
    "ArbitratorNotAllowed": (
        "The market does not allow the arbitrator {arbitrator}.",
        "Name one of its list, or none.",
    ),
    "NotArbitrable": ("{caller} has no deal to be judged here.", "Open a dispute of the deal."),
    "FeeIsInTokens": ("The court takes its fee in the deal's token, not in ether.", "Send no ether."),
    "InvalidChoices": ("A dispute cannot have {choices} choices.", _DEFECT),
    "PoolTooSmall": (
        "There are {pool} jurors to draw from, {needed} are needed.",
        "A jury is never over a third of the pool; the ruling or the announced end stands.",
    ),
    "StillAccredited": ("{account} may be a juror still.", "Nothing is to be done."),
    "MayNotJudge": (
        "Since the draw {juror} has left the pool, changed roles, lost its accreditation or got a tie.",
        "Another juror is drawn when the time to accept is over.",
    ),
    "WrongPhase": ("The dispute does not take this step now.", "See `assay dispute show`."),
    "AlreadyAccepted": ("{juror} has accepted the seat.", "Nothing is to be done."),
    "UnknownChoice": ("There is no choice {vote}.", "Vote for the customer, the developer or nobody."),
    # opinions
    "UnknownOpinion": ("There is no opinion {opinionId}.", _CREATED),
    "UnknownMarket": ("{market} is no market of this deployment.", "Ask about a deal of the market."),
    "NotTheModel": (
        "Deal {dealId} is about another model.",
        "Ask about the model that was submitted last: `assay commission show`.",
    ),
    "InvalidWindow": (
        "An auditor cannot be given {window} seconds: from {min} to {max} are possible.",
        "Give another time.",
    ),
    "NotAsker": ("{caller} did not ask for this opinion.", "Use the wallet of who asked."),
    "NotNamed": (
        "{caller} is not the auditor who was asked for opinion {opinionId}.",
        "Only the one named accepts and posts.",
    ),
    "WrongOpinionState": (
        "The opinion has moved on ({state}).",
        "See `assay opinion show {opinionId}`.",
    ),
    "NotQualified": (
        "{auditor} is not accredited as auditor or regulator in domain {domain}.",
        "Ask one who is: `assay participant show`.",
    ),
    "NotIndependent": (
        "{auditor} cannot judge this deal: it has a conflict of interest with {party} ({conflict}).",
        "Ask another auditor.",
    ),
    "PlaysPart": ("{auditor} has another part in deal {dealId}.", "Ask another auditor."),
    "OpinionDue": (
        "The auditor has until {deadline} for opinion {opinionId}.",
        "Wait until then.",
    ),
    "OpinionLate": (
        "Opinion {opinionId} was due by {deadline}.",
        "Nothing is paid for it any more, unless you are asked again.",
    ),
    "NoReport": ("The audit report is missing.", "Publish the report first."),
    "NoGrants": ("The key grants are missing.", "Publish them first."),
    "NotAParty": (
        "{caller} is neither customer nor developer of the deal behind opinion {opinionId}.",
        "Only they have keys to grant.",
    ),
    # models
    "UnknownModel": ("There is no model {modelId}.", _CREATED),
    "UnknownVersion": ("No model version has the manifest {manifest}.", _CREATED),
    "ManifestAlreadyRegistered": (
        "The model manifest {manifest} is already registered.",
        "Submit a manifest of its own.",
    ),
    "UnknownParent": (
        "No registered model version has the parent manifest {manifest}.",
        "Correct the lineage.",
    ),
    "LineageTooLong": ("The lineage has {length} entries; at most {max} are allowed.", "Shorten it."),
    "EmptyManifest": ("The manifest's digest is missing.", "Publish the manifest first."),
    # policy
    "OutOfBounds": (
        "{parameter} is {value}; the contract allows {min} to {max}.",
        "Choose a value within that.",
    ),
    "TokenNotAllowed": ("The market does not take the token {token}.", "Use the deployment's payment token."),
    "UnknownDomain": ("The market has no domain {domain}.", "See `assay status` for the list."),
    "UnknownRiskClass": ("The market has no risk class {riskClass}.", "See the market's policy."),
    "EmptyName": ("The name is empty.", "Name it."),
    "InvalidTiers": ("The panel tiers are not in rising order.", "Correct them."),
    "ListFull": ("The list is full.", "Nothing more can be added to it."),
    # governance
    "MarketHalted": (
        "New deals are stopped until {until}; open ones go on.",
        "Try again then; governance may end it earlier.",
    ),
    "HaltedRecently": (
        "The brake can be pulled again at {haltableFrom}.",
        "Propose a change of the rules meanwhile.",
    ),
    "NotHalted": ("The market is not halted.", "Nothing is to be done."),
    "UnknownPurpose": (
        "The purposes {purposes} are not all on the market's list.",
        "Use those that Policy lists; governance can add more.",
    ),
    "EmptyEntity": ("The seat names no entity.", "Ask the accreditor for a credential with one."),
    "NotSubject": ("The seat is for {subject}, not for {caller}.", "Use the subject's wallet."),
    "HasSeat": ("{account} has a seat already.", "Leave it before taking another."),
    "EntitySeated": ("The entity has a seat already, {account}'s.", "One entity has one vote."),
    "NoSeat": ("{account} has no seat, or one that has lapsed.", "Ask an accreditor for a credential."),
    "SeatTooYoung": ("The seat of {account} counts from {countsFrom} on.", "Activate it then."),
    "SeatVotes": ("The seat of {account} has its vote already.", "Nothing is to be done."),
    "SeatStands": (
        "The seat of {account} has not lapsed.",
        "Seats end with their time, or a while after an accreditor revoked them.",
    ),
    "AlreadyRevoked": ("The seat of {account} ends at {endsAt} already.", "Nothing is to be done."),
    "VoteNotTransferable": (
        "The vote of {account} cannot be given to {delegatee}.",
        "Whoever has the seat votes.",
    ),
    "NoVoteAtSnapshot": (
        "{account} had no vote when this vote was fixed, at {snapshot}.",
        "Vote on proposals that are made after the seat counts.",
    ),
    "NotARegulator": ("{account} has no vote in the regulators' chamber.", "Only its members can do this."),
    "AlreadyDelayed": ("The proposal has been put off once.", "It cannot be put off again."),
    "NothingToDelay": ("The proposal is over.", "See `assay governance list`."),
    "NotExecutableYet": ("The proposal can be executed from {executableFrom} on.", "Execute it then."),
    "InvalidSettings": ("The governor's {setting} is not allowed.", "Correct it."),
    "SeatDelayTooShort": (
        "Seats would count after {seatDelay} seconds, before governance could answer within {needed}.",
        "Let seats wait longer, or votes be shorter.",
    ),
    "GovernorAlreadyCastVote": ("{voter} has voted.", "A vote cannot be changed."),
    "GovernorAlreadyQueuedProposal": ("The proposal is queued already.", "Execute it when its time comes."),
    "GovernorDisabledDeposit": ("The governor takes no money.", "Send nothing to it."),
    "GovernorInsufficientProposerVotes": (
        "{proposer} had no vote a second ago, so it cannot propose.",
        "Take a seat: `assay governance seat join`, and activate it.",
    ),
    "GovernorInvalidProposalLength": ("The proposal's lists differ in length.", "Propose at least one call."),
    "GovernorInvalidSignature": ("The signature is not {voter}'s.", "Sign again."),
    "GovernorInvalidVoteParams": ("The vote's parameters are not allowed.", "Vote without them."),
    "GovernorInvalidVoteType": ("The vote is neither for, against nor abstain.", "Cast one of these."),
    "GovernorInvalidVotingPeriod": ("The voting period {votingPeriod} is not allowed.", "Name another."),
    "GovernorNonexistentProposal": ("There is no such proposal.", "See `assay governance list`."),
    "GovernorOnlyExecutor": ("{account} cannot do this by itself.", _GOVERNANCE),
    "GovernorProposalQueueingFailed": ("The proposal could not be queued.", _DEFECT),
    "GovernorProposalQueueingNotRequired": ("The proposal needs no queueing.", "Execute it."),
    "GovernorRestrictedProposer": (
        "The description names another proposer than {proposer}.",
        "Use that account, or another description.",
    ),
    "GovernorUnableToCancel": (
        "{account} cannot cancel the proposal.",
        "Only its proposer can, before its vote begins.",
    ),
    "GovernorUnexpectedProposalState": (
        "The proposal is {current} and does not take this step now.",
        "See `assay governance show`.",
    ),
    "TimelockInsufficientDelay": ("The timelock waits {minDelay} seconds at least, not {delay}.", _DEFECT),
    "TimelockInvalidOperationLength": ("The timelock was given lists that differ in length.", _DEFECT),
    "TimelockUnauthorizedCaller": ("{caller} cannot do this by itself.", _GOVERNANCE),
    "TimelockUnexecutedPredecessor": ("Another operation has to be executed first.", "Execute that one."),
    "TimelockUnexpectedOperationState": (
        "The timelock has not finished, or the operation was done or canceled.",
        "See `assay governance show`.",
    ),
    "VotesExpiredSignature": ("The signature expired.", "Votes cannot be delegated anyway."),
    "ERC5805FutureLookup": ("The votes of that time are not known yet.", "Ask about a past time."),
    "ERC6372InconsistentClock": ("The clock of the votes was changed.", _DEFECT),
    "CheckpointUnorderedInsertion": ("Votes were recorded out of order.", _DEFECT),
    # tokens
    "ERC20InsufficientAllowance": (
        "{spender} may take {allowance} base units of the token, {needed} are needed.",
        "Approve or permit more.",
    ),
    "ERC20InsufficientBalance": (
        "{sender} holds {balance} base units of the token, {needed} are needed.",
        "Get more of the token.",
    ),
    "ERC20InvalidApprover": ("{approver} cannot approve tokens.", "Name another account."),
    "ERC20InvalidReceiver": ("{receiver} cannot receive tokens.", "Name another account."),
    "ERC20InvalidSender": ("{sender} cannot send tokens.", "Name another account."),
    "ERC20InvalidSpender": ("{spender} cannot be approved for tokens.", "Name another account."),
    "ERC2612ExpiredSignature": ("The token permit expired.", "Sign a new one."),
    "ERC2612InvalidSigner": (
        "The token permit was signed by {signer}, not by {owner}.",
        "Sign with the owner.",
    ),
    "ERC721IncorrectOwner": ("{sender} does not own model {tokenId}.", "Its owner is {owner}."),
    "ERC721InsufficientApproval": ("{operator} may not move model {tokenId}.", "Ask its owner for approval."),
    "ERC721InvalidApprover": ("{approver} cannot approve transfers.", "Use the owner's account."),
    "ERC721InvalidOperator": ("{operator} cannot be approved.", "Name another account."),
    "ERC721InvalidOwner": ("{owner} cannot own a model.", "Name another account."),
    "ERC721InvalidReceiver": ("{receiver} cannot receive a model.", "Name another account."),
    "ERC721InvalidSender": ("{sender} cannot send a model.", "Name another account."),
    "ERC721NonexistentToken": ("There is no model {tokenId}.", _CREATED),
    "SafeERC20FailedOperation": ("The token {token} refuses the transfer.", "Check balance and allowance."),
    # libraries
    "AccessControlUnauthorizedAccount": ("{account} lacks the right to do this.", _GOVERNANCE),
    "AccessControlBadConfirmation": (
        "A right can only be given up by its holder.",
        "Use the holder's account.",
    ),
    "AddressEmptyCode": ("There is no contract at {target}.", "Check the address."),
    "ECDSAInvalidSignature": ("The signature is malformed.", "Sign again."),
    "ECDSAInvalidSignatureLength": ("The signature has {length} bytes instead of 65.", "Sign again."),
    "ECDSAInvalidSignatureS": ("The signature is not in canonical form.", "Sign again."),
    "FailedCall": ("A call inside the transaction failed without giving a reason.", _RESEND),
    "InvalidAccountNonce": ("The signature's number is used up; the next is {currentNonce}.", "Sign again."),
    "InvalidShortString": ("A short text cannot be decoded.", _DEFECT),
    "StringsInsufficientHexLength": ("The value {value} needs more than {length} digits.", _DEFECT),
    "NotWritten": ("The terms of the deal could not be kept.", _RESEND),
    "StringTooLong": ("A text is too long.", "Shorten it."),
    "ReentrancyGuardReentrantCall": (
        "A contract called back into the market.",
        "Use another token or account.",
    ),
    "SafeCastOverflowedUintDowncast": (
        "The amount {value} is too large.",
        "Amounts are below 2^96 base units.",
    ),
    "SafeCastOverflowedIntDowncast": ("The value {value} is too large.", "Name a smaller one."),
    "SafeCastOverflowedUintToInt": ("The value {value} is too large.", "Name a smaller one."),
    "SafeCastOverflowedIntToUint": ("The value {value} is negative.", "Name a positive one."),
}
