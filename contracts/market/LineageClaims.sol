// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAuditClient} from "../interfaces/IAuditRegistry.sol";
import {IDisputableMarket, Side} from "../interfaces/IDisputableMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILineageClaims} from "../interfaces/ILineageClaims.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {Deals, DealState} from "../kernel/Deals.sol";
import {Endings} from "../kernel/Endings.sol";
import {Rules} from "../policy/Rules.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Royalties} from "./Royalties.sol";

/// @title LineageClaims
/// @dev A claim is a deal between the claimant, the court's customer, and the respondent, its developer. The announced
/// end, that the claim is refused, can be contested once its answer is given or late.
contract LineageClaims is ILineageClaims, Endings, ReentrancyGuardTransient {
    using Rules for uint256[];
    using SSTORE2 for address;

    /// @notice A bond, in fees of a jury of three: one is what a claimant pays in vain where a true claim is denied.
    uint256 public constant BOND_IN_JURIES = 2;

    /// @dev Goods' name for markets.
    bytes32 private constant MODULE_ROLE = keccak256("MODULE_ROLE");

    struct Claim {
        // slot 0
        address claimant;
        DealState at; // a State and its deadline, as they were entered
        uint48 parentId; // the parent's token
        // slot 1
        address respondent;
        bool denied;
        bool undecided;
        // slot 2
        address rules; // where Rulebook keeps those of the moment when it was claimed
        uint40 claimedAt;
        // slots 3 and 4
        bytes32 parent;
        bytes32 child;
    }

    IEscrow private immutable ESCROW;
    IGoods private immutable GOODS;
    IRulebook private immutable RULEBOOK;

    /// @inheritdoc ILineageClaims
    uint256 public claimCount;
    mapping(bytes32 good => Terms) private _terms;
    mapping(uint256 id => Claim) private _claims;
    /// @inheritdoc ILineageClaims
    mapping(bytes32 child => mapping(uint48 tokenId => uint256)) public claimFor;
    /// @inheritdoc ILineageClaims
    mapping(bytes32 child => uint256) public openClaims;

    constructor(IEscrow escrow, IGoods goods, IRulebook rulebook, address disputes_)
        Endings(disputes_, uint8(State.Challenge), uint8(State.Disputed))
    {
        (ESCROW, GOODS, RULEBOOK) = (escrow, goods, rulebook);
    }

    /* OWNERS OF PARENTS */

    /// @inheritdoc ILineageClaims
    // slither-disable-next-line reentrancy-no-eth -- all that is called are modules of the market
    function setTerms(bytes32 good, address token, uint32 ppm, uint96 floor) external nonReentrant {
        if (_terms[good].since != 0) revert TermsAlreadySet(good);
        if (ppm > Royalties.MAX_PPM || (ppm == 0 && floor == 0)) revert InvalidTerms("share");
        _requireOwner(good, _listed(good).tokenId);
        // slither-disable-next-line unused-return -- it reverts for a token in which nothing is sold
        RULEBOOK.rulesForToken(token);
        // forge-lint: disable-next-line(unsafe-typecast)
        _terms[good] = Terms(token, ppm, uint40(block.timestamp), floor); // Unix time fits for 34,000 years
        emit TermsSet(good, msg.sender, token, ppm, floor);
    }

    /// @inheritdoc ILineageClaims
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function claim(bytes32 parent, bytes32 child, bytes32 evidence)
        external
        nonReentrant
        returns (uint256 id)
    {
        if (evidence == 0) revert NoEvidence();
        uint48 parentId = _listed(parent).tokenId;
        _requireOwner(parent, parentId);
        address respondent = _requireClaimable(parent, child, parentId);
        Terms storage terms = _terms[parent];
        id = ++claimCount;
        claimFor[child][parentId] = id;
        ++openClaims[child];
        Claim storage self = _claims[id];
        (self.claimant, self.parentId, self.respondent) = (msg.sender, parentId, respondent);
        (self.parent, self.child) = (parent, child);
        // forge-lint: disable-next-line(unsafe-typecast)
        (self.rules, self.claimedAt) = (RULEBOOK.rulesForToken(terms.token), uint40(block.timestamp)); // Unix time
        uint256 bond = _bondOf(self);
        emit LineageClaimed(id, parent, child, msg.sender, respondent, evidence, terms.token, bond);
        _enterEnding(id, uint8(State.Claimed), block.timestamp + _windowOf(self));
        ESCROW.openHold(bytes32(id), terms.token, msg.sender, bond);
    }

    /// @return respondent the child's owner.
    function _requireClaimable(bytes32 parent, bytes32 child, uint48 parentId)
        private
        view
        returns (address respondent)
    {
        IGoods.Good memory good = _listed(child);
        uint40 since = _terms[parent].since;
        // slither-disable-next-line incorrect-equality -- no terms
        if (since == 0) revert NoTerms(parent);
        if (good.listedAt <= since) revert ListedBefore(parent, child, good.listedAt, since);
        respondent = GOODS.ownerOf(good.tokenId);
        if (respondent == msg.sender) revert OwnModel(child, msg.sender);
        if (claimFor[child][parentId] != 0) revert ClaimedBefore(claimFor[child][parentId]);
        // slither-disable-next-line unused-return -- which ancestors there are
        (,, IGoods.Royalty[] memory owed) = GOODS.royaltiesOf(child);
        for (uint256 i = 0; i < owed.length; ++i) {
            if (owed[i].tokenId == parentId) revert AlreadyOwed(child, parentId);
        }
    }

    /* OWNERS OF CHILDREN */

    /// @inheritdoc ILineageClaims
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function deny(uint256 id, bytes32 evidence) external nonReentrant {
        if (evidence == 0) revert NoEvidence();
        Claim storage self = _claimOf(id);
        DealState at = _stateOf(self);
        at.requireState(id, uint8(State.Claimed));
        _requireOwner(self.child, _listed(self.child).tokenId);
        (self.respondent, self.denied) = (msg.sender, true);
        emit ClaimDenied(id, msg.sender, evidence);
        _announce(id, _windowOf(self));
        ESCROW.fund(bytes32(id), _tokenOf(self), msg.sender, _bondOf(self));
    }

    /// @inheritdoc ILineageClaims
    /// @dev An owner could otherwise, once a claim is made, have an accomplice make another and admit that, so that the
    /// caps leave no room for the first.
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function admit(uint256 id) external nonReentrant {
        Claim storage self = _claimOf(id);
        DealState at = _stateOf(self);
        if (at.state() != uint8(State.Claimed)) at.requireState(id, uint8(State.Challenge));
        _requireOwner(self.child, _listed(self.child).tokenId);
        if (openClaims[self.child] != 1) revert OtherClaims(self.child, openClaims[self.child]);
        _uphold(id, self, true);
    }

    /* ENDS */

    /// @inheritdoc ILineageClaims
    function settle(uint256 id) external nonReentrant {
        DealState at = _stateOf(_claimOf(id));
        at.requireState(id, uint8(State.Challenge));
        at.requireOver(id);
        _refuse(id);
    }

    /// @inheritdoc IDisputableMarket
    function resolve(uint256 id, Side side, uint256 costs) external nonReentrant {
        // Undone where the caller may not resolve it.
        if (side == Side.None) _claimOf(id).undecided = true;
        _resolve(id, side, costs);
    }

    /// @inheritdoc Endings
    function _confirm(uint256 id) internal override {
        if (_claims[id].undecided) _giveBack(id);
        else _refuse(id);
    }

    /// @inheritdoc Endings
    function _overrule(uint256 id, Side, uint256) internal override {
        _uphold(id, _claims[id], false);
    }

    /// @dev A court's ruling must not fail because this contract was retired meanwhile: then the money moves, and
    /// nothing is added.
    function _uphold(uint256 id, Claim storage self, bool admitted) private {
        Terms memory terms = _terms[self.parent];
        // slither-disable-next-line uninitialized-local -- nothing is added where Goods does not let us
        IGoods.Royalty memory added;
        if (IAccessControl(address(GOODS)).hasRole(MODULE_ROLE, address(this))) {
            added = GOODS.addAncestor(
                self.child, terms.token, IGoods.Royalty(self.parentId, terms.ppm, terms.floor)
            );
        }
        uint256 bond = _bondOf(self);
        uint256 toClaimant = self.denied && !admitted ? 2 * bond : bond;
        emit ClaimUpheld(id, admitted, added.ppm, added.floor, toClaimant);
        _close(id, self, State.Upheld);
        ESCROW.release(bytes32(id), terms.token, self.claimant, toClaimant);
        if (self.denied && admitted) ESCROW.release(bytes32(id), terms.token, self.respondent, bond);
    }

    /// @dev Whoever puts up nothing against a claim gets nothing of it: else nobody would.
    function _refuse(uint256 id) private {
        Claim storage self = _claims[id];
        (address token, uint256 bond) = (_tokenOf(self), _bondOf(self));
        emit ClaimRefused(id, self.denied ? 2 * bond : 0, self.denied ? 0 : bond);
        _close(id, self, State.Refused);
        if (self.denied) ESCROW.release(bytes32(id), token, self.respondent, 2 * bond);
        else ESCROW.burn(bytes32(id), token, bond);
    }

    function _giveBack(uint256 id) private {
        Claim storage self = _claims[id];
        (address token, uint256 bond) = (_tokenOf(self), _bondOf(self));
        emit ClaimUndecided(id);
        delete claimFor[self.child][self.parentId];
        _close(id, self, State.Undecided);
        ESCROW.release(bytes32(id), token, self.claimant, bond);
        if (self.denied) ESCROW.release(bytes32(id), token, self.respondent, bond);
    }

    function _close(uint256 id, Claim storage self, State state) private {
        --openClaims[self.child];
        _enterEnding(id, uint8(state), 0);
    }

    /* STATES */

    /// @inheritdoc Endings
    function _endingState(uint256 id) internal view override returns (DealState) {
        return _stateOf(_claimOf(id));
    }

    /// @inheritdoc Endings
    function _enterEnding(uint256 id, uint8 state, uint256 deadline) internal override {
        _claims[id].at = Deals.enter(id, state, deadline);
    }

    /// @inheritdoc Endings
    /// @dev The respondent is the court's developer.
    function _favoured(uint256) internal pure override returns (Side) {
        return Side.Developer;
    }

    /// @dev A claim that nobody has answered in time can be contested from then on: no step leads there.
    function _stateOf(Claim storage self) private view returns (DealState at) {
        at = self.at;
        bool late = at.state() == uint8(State.Claimed) && at.isOver();
        if (!late) return at;
        // forge-lint: disable-next-line(unsafe-typecast)
        return Deals.pack(uint8(State.Challenge), uint40(at.deadline() + _windowOf(self))); // Unix time
    }

    /* VIEWS */

    /// @inheritdoc IDisputableMarket
    function dealOf(uint256 id) external view returns (DealView memory d) {
        Claim storage self = _claimOf(id);
        uint256[] memory rules = self.rules.read();
        (d.customer, d.developer, d.token) = (self.claimant, self.respondent, _tokenOf(self));
        (d.domain, d.subject, d.openedAt) = (_listed(self.child).domain, self.child, self.claimedAt);
        (d.coolingOff, d.fee, d.bond) = (rules.coolingOff(), rules.appealBond(), rules.auditorBond());
        d.timeouts = rules.timeouts();
    }

    /// @inheritdoc IAuditClient
    function playsPart(uint256 id, address account) external view returns (bool) {
        Claim storage self = _claimOf(id);
        return account == self.claimant || account == self.respondent;
    }

    /// @inheritdoc ILineageClaims
    function claimOf(uint256 id) external view returns (ClaimView memory) {
        Claim storage self = _claimOf(id);
        DealState at = _stateOf(self);
        return ClaimView({
            state: State(at.state()),
            deadline: at.deadline(),
            claimant: self.claimant,
            respondent: self.respondent,
            denied: self.denied,
            parent: self.parent,
            child: self.child,
            token: _tokenOf(self),
            bond: _bondOf(self),
            claimedAt: self.claimedAt
        });
    }

    /// @inheritdoc ILineageClaims
    function termsOf(bytes32 good) external view returns (Terms memory) {
        return _terms[good];
    }

    /* INTERNAL */

    function _claimOf(uint256 id) private view returns (Claim storage self) {
        self = _claims[id];
        if (self.claimant == address(0)) revert UnknownClaim(id);
    }

    function _listed(bytes32 good) private view returns (IGoods.Good memory self) {
        self = GOODS.goodOf(good);
        if (self.kind == IGoods.Kind.None) revert IGoods.NotListed(good);
    }

    function _requireOwner(bytes32 good, uint256 tokenId) private view {
        address owner = GOODS.ownerOf(tokenId);
        if (msg.sender != owner) revert IGoods.NotOwner(good, msg.sender, owner);
    }

    function _tokenOf(Claim storage self) private view returns (address) {
        return _terms[self.parent].token;
    }

    function _bondOf(Claim storage self) private view returns (uint256) {
        return BOND_IN_JURIES * uint256(self.rules.read().appealBond());
    }

    /// @dev For the answer, and then for the way to a jury.
    function _windowOf(Claim storage self) private view returns (uint256) {
        return self.rules.read().challengeWindow();
    }
}
