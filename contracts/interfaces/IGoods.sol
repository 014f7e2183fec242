// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IModelRegistry} from "./IModelRegistry.sol";

/// @title What may be sold: goods, known by the digests of their manifests, each with a result behind it.
/// @notice Once for every market that sells what is finished: licences, trials, sealed sales. A good is listed once, by
/// its owner, with the hash of its content key as a panel attested it, and with what its sales owe its ancestors.
/// Every purchase asks here whether it may be sold at this moment. Its owner is whoever owns its ERC-721 token then.
/// Paper sections II, IV-C and IV-D.
/// Trust assumptions: those of the panels behind the results. Markets hold MODULE_ROLE, by governance; they pay what
/// `royaltiesOf` says.
/// @dev Amounts are base units, times Unix seconds, rates ppm.
interface IGoods {
    enum Kind {
        None,
        Model, // a version in ModelRegistry
        Dataset
    }

    /// @dev The result that a good rests on.
    enum Evidence {
        Commission, // settled
        Assessment // a current pass on a third party's set
    }

    enum Reservation {
        Free,
        Reserved, // for one deal of one market: nobody else may sell it
        Void // sold exclusively: nobody may sell it
    }

    /// @dev One slot, beside the hash of the content key.
    struct Good {
        Kind kind;
        Evidence evidence;
        Reservation reservation;
        uint8 domain;
        uint8 riskClass;
        uint32 setId; // the third party's set that it passed; 0 for a commission's
        uint48 tokenId; // the model's, in ModelRegistry
        uint16 edition; // of its royalties: 0 for none; counts whenever an ancestor is added
        uint40 listedAt; // Unix seconds
    }

    /// @dev What a sale owes one ancestor.
    struct Royalty {
        uint48 tokenId; // of the ancestor; whoever owns it is paid
        uint32 ppm; // of the price
        uint96 floor; // the least for each seat, base units
    }

    /// @dev What shows that a panel has attested the content key. Whoever holds the key knows all of it.
    struct Proof {
        bytes32 keyHash; // of the content key, as the manifest has it
        bytes32 ciphertext; // the sha2-256 of the sealed artifact
        bytes32 commitment; // to the delivery on which the panel agreed
        uint32 setId; // the third party's set that it passed; 0 for a model of a commission
        uint8 riskClass; // that a model of no commission is offered under; else 0
    }

    /// @notice A good can be sold from now on.
    /// @param royaltyToken of the floors; zero where there are none.
    event GoodListed(
        bytes32 indexed good,
        address indexed owner,
        uint256 indexed tokenId,
        Good listed,
        Proof proof,
        address royaltyToken,
        Royalty[] royalties
    );
    /// @notice `module` has reserved a good for its deal, released it, or ended its sale for good.
    event ReservationChanged(
        bytes32 indexed good, Reservation reservation, address indexed module, uint256 indexed dealId
    );

    /// @notice From now on offers of `good` owe one more ancestor, `added` within what the caps left; what was sold
    /// before is not touched. `edition` is that of its royalties now, and `royaltyToken` that of its floors.
    event AncestorAdded(bytes32 indexed good, uint16 edition, address royaltyToken, Royalty added);

    /// @notice {good} is not listed.
    /// @custom:hint Its owner lists it when it is offered first: `assay sell offer`.
    error NotListed(bytes32 good);
    /// @notice {good} is listed already.
    /// @custom:hint Offer it as it is listed.
    error AlreadyListed(bytes32 good);
    /// @notice {account} does not own {good}: {owner} does.
    /// @custom:hint Only whoever owns a model's token sells it. After a transfer the new owner makes its own offers.
    error NotOwner(bytes32 good, address account, address owner);
    /// @notice The panel attested {attested}, and what was shown is {shown}.
    /// @custom:hint Show key hash and ciphertext as the manifest has them, and the commitment to the delivery on which
    /// the panel agreed.
    error NotAttested(bytes32 good, bytes32 attested, bytes32 shown);
    /// @notice {good} has no pass on test set {setId} that counts now.
    /// @custom:hint Have it assessed: `assay conformity apply`.
    error NotTested(bytes32 good, uint32 setId);
    /// @notice An audit has rejected {good}: audit {auditId}.
    /// @custom:hint It cannot be sold. Mend the model and have the new version tested.
    error AuditRejected(bytes32 good, uint256 auditId);
    /// @notice Risk class {riskClass} asks for audits, and {good} was tested and not audited.
    /// @custom:hint Only a commission's model is audited; offer this one under a class without audits.
    error AuditMissing(bytes32 good, uint8 riskClass);
    /// @notice This is not the submission that is recorded for {good}: its hash is {got}, not {expected}.
    /// @custom:hint Show the submission from the commission's last event `ModelSubmitted`.
    error OtherSubmission(bytes32 good, bytes32 expected, bytes32 got);
    /// @notice {good} was submitted for commission {dealId}, which may still pay for it.
    /// @custom:hint Wait until it has turned the model down or ended. If it is settled, its customer owns the model.
    error InCommission(bytes32 good, uint256 dealId);
    /// @notice {good} was first assessed for {applicant}, and so is not {account}'s to register.
    /// @custom:hint Use the wallet that had it assessed.
    error NotApplicant(bytes32 good, address account, address applicant);
    /// @notice {good} is sold exclusively, or reserved for such a sale.
    /// @custom:hint There is nothing to buy. A reservation ends with the deal that made it.
    error GoodReserved(bytes32 good, address module, uint256 dealId);
    /// @notice What {good} owes its ancestors has changed since these terms were made.
    /// @custom:hint Its seller has to change the offer.
    error RoyaltiesChanged(bytes32 good, uint16 edition, uint16 stated);
    /// @notice {account} sells {good} itself.
    /// @custom:hint Use the model that you own.
    error OwnGood(bytes32 good, address account);
    /// @notice {account} holds none of the roles (bitmap {audience}) for which this is on offer.
    /// @custom:hint Register the role first, where it is yours.
    error OutsideAudience(address account, uint8 audience);
    /// @notice The lineage leads to {count} ancestors that are owed royalties; at most {max} are allowed.
    /// @custom:hint Derive from fewer models.
    error TooManyAncestors(uint256 count, uint256 max);
    /// @notice The ancestors would take {ppm} ppm of the price together; at most {max} are allowed.
    /// @custom:hint Derive from models whose terms ask for less.
    error RoyaltiesTooHigh(uint256 ppm, uint256 max);

    /// @notice Lists a model for its owner; authorised modules only, which have checked what it owes. A commission's
    /// model is registered already. One that passed a third party's set is registered by this call, which mints its
    /// token to `owner`: the first who had it assessed.
    /// @param submission as it was submitted to the commission; else manifest and lineage, whose statement it is.
    /// @param royaltyToken of the floors; zero where there are none.
    function list(
        address owner,
        Proof calldata proof,
        IModelRegistry.Submission calldata submission,
        address royaltyToken,
        Royalty[] calldata royalties
    ) external;

    /// @notice Adds an ancestor to what later offers of a good owe, last in the list; authorised modules only, which
    /// see to it that it is not in the list yet. It gets no more than the caps leave: nothing beside eight ancestors,
    /// at most what is missing to 30 % together, and a floor only in the token of the other floors. Offers that stand
    /// sell no more until their seller has changed them.
    /// @param token of the floor.
    /// @return added what it gets; without share and floor, nothing was added.
    function addAncestor(bytes32 good, address token, Royalty calldata owed)
        external
        returns (Royalty memory added);

    /// @notice Reserves a free good for a deal of the caller's; authorised modules only. Reverts `GoodReserved`.
    function reserve(bytes32 good, uint256 dealId) external;

    /// @notice Frees a good that the caller has reserved, or ends its sale for good (`Void`).
    function conclude(bytes32 good, bool sold) external;

    /// @notice Reverts with the reason why this purchase may not take place now: the good, its owner, its reservation
    /// (the caller's own does not count), its test and audits, its royalties, the buyer's roles and jurisdiction, a
    /// halt of the market.
    /// @param jurisdiction the seller's.
    /// @param edition of the royalties that the seller's terms rest on.
    /// @param audience bitmap over roles, one of which the buyer must hold; 0 for everybody.
    function requireSellable(
        bytes32 good,
        address seller,
        uint8 jurisdiction,
        uint16 edition,
        address buyer,
        uint8 audience
    ) external view;

    /// @notice Reverts unless the result behind a good counts now: its test, and no rejected audit. For sales in
    /// flight: their parties, prices and royalties stay as they were agreed, whoever owns or reserves the good since,
    /// and a halt stops no deal that is open.
    function requireTested(bytes32 good) external view;

    /// @notice A good as it stands; `kind` is None where it is not listed.
    function goodOf(bytes32 good) external view returns (Good memory);

    /// @notice The hash of the content key that a panel has attested; zero for a good that is not listed.
    function keyHashOf(bytes32 good) external view returns (bytes32);

    /// @notice What an offer of a good rests on. Reverts `NotListed`, and `NotOwner` unless `seller` owns it.
    /// @return edition of its royalties.
    /// @return royalties where these are kept, for the library `Royalties`; zero for none.
    function offerOf(bytes32 good, address seller) external view returns (uint16 edition, address royalties);

    /// @notice What a good's sales owe.
    /// @return at where the list is kept, for the library `Royalties`; zero for an empty one.
    /// @return token of the floors; zero where there are none.
    function royaltiesOf(bytes32 good)
        external
        view
        returns (address at, address token, Royalty[] memory royalties);

    /// @notice The deal that a good is reserved for, or was sold in exclusively; zero for none.
    function reservationOf(bytes32 good) external view returns (address module, uint96 dealId);

    /// @notice Who developed the model of a settled commission; zero for any other manifest.
    function developerOf(bytes32 manifest) external view returns (address);

    /// @notice The registry of models, whose tokens' owners sell them.
    function models() external view returns (IModelRegistry);

    /// @notice Who owns the token of a model, and so is paid what its descendants owe.
    function ownerOf(uint256 tokenId) external view returns (address);
}
