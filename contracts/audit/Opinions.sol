// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Artifact} from "../interfaces/Artifact.sol";
import {IDisputableMarket} from "../interfaces/IDisputableMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IFeeShares} from "../interfaces/IFeeShares.sol";
import {IOpinions} from "../interfaces/IOpinions.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {Deals, DealState} from "../kernel/Deals.sol";

/// @title Opinions
/// @dev The fee of an opinion is this contract's hold `bytes32(opinionId)`.
contract Opinions is IOpinions, ReentrancyGuardTransient {
    /// @notice Seconds for which an opinion counts, as a verdict does.
    uint40 public constant OPINION_LIFE = 365 days;
    uint32 public constant MIN_WINDOW = 1 hours;
    uint32 public constant MAX_WINDOW = 90 days;

    IEscrow private immutable ESCROW;
    IParticipantRegistry private immutable REGISTRY;
    IPolicy private immutable POLICY;
    IFeeShares private immutable SHARES;

    mapping(uint256 opinionId => Opinion) private _opinions;
    /// @inheritdoc IOpinions
    uint256 public opinionCount;

    constructor(IEscrow escrow, IParticipantRegistry registry, IPolicy policy, IFeeShares shares) {
        ESCROW = escrow;
        REGISTRY = registry;
        POLICY = policy;
        SHARES = shares;
    }

    /* THE ASKER */

    /// @inheritdoc IOpinions
    function ask(Offer calldata offer) external nonReentrant returns (uint256 opinionId) {
        if (offer.window < MIN_WINDOW || offer.window > MAX_WINDOW) {
            revert InvalidWindow(offer.window, MIN_WINDOW, MAX_WINDOW);
        }
        if (!ESCROW.isAuthorised(address(offer.market))) revert UnknownMarket(address(offer.market));
        IDisputableMarket.DealView memory deal = offer.market.dealOf(offer.dealId);
        if (deal.subject == 0 || deal.subject != offer.subject) {
            revert NotTheModel(offer.dealId, offer.subject);
        }
        _requireQualified(offer.market, offer.dealId, deal, offer.auditor);
        _requireIndependent(offer.auditor, msg.sender);
        SHARES.requireWithin(offer.auditor, _parties(deal, msg.sender), offer.token, offer.fee);

        opinionId = ++opinionCount;
        Opinion storage self = _opinions[opinionId];
        (self.offer, self.asker) = (offer, msg.sender);
        emit OpinionOffered(opinionId, msg.sender, offer);
        _enter(opinionId, self, State.Offered, 0);
        ESCROW.openHold(bytes32(opinionId), offer.token, msg.sender, offer.fee);
    }

    /// @inheritdoc IOpinions
    // slither-disable-next-line reentrancy-no-eth -- FeeShares is a module of the market and calls nobody
    function replace(uint256 opinionId, address auditor) external {
        Opinion storage self = _takeBack(opinionId);
        Offer memory offer = self.offer;
        IDisputableMarket.DealView memory deal = offer.market.dealOf(offer.dealId);
        _requireQualified(offer.market, offer.dealId, deal, auditor);
        _requireIndependent(auditor, msg.sender);
        if (self.state == State.Accepted) _countEnd(self, deal, IFeeShares.Stage.Cancelled);
        SHARES.requireWithin(auditor, _parties(deal, msg.sender), offer.token, offer.fee);
        self.offer.auditor = auditor;
        emit AuditorNamed(opinionId, auditor);
        _enter(opinionId, self, State.Offered, 0);
    }

    /// @inheritdoc IOpinions
    function withdraw(uint256 opinionId) external nonReentrant {
        Opinion storage self = _takeBack(opinionId);
        Offer memory offer = self.offer;
        bool accepted = self.state == State.Accepted;
        emit OpinionWithdrawn(opinionId, offer.auditor, offer.fee);
        _enter(opinionId, self, State.Withdrawn, 0);
        if (accepted) {
            _countEnd(self, offer.market.dealOf(offer.dealId), IFeeShares.Stage.Cancelled);
        }
        ESCROW.release(bytes32(opinionId), offer.token, msg.sender, offer.fee);
    }

    /* THE AUDITOR */

    /// @inheritdoc IOpinions
    function accept(uint256 opinionId) external {
        Opinion storage self = _named(opinionId, State.Offered);
        Offer memory offer = self.offer;
        IDisputableMarket.DealView memory deal = offer.market.dealOf(offer.dealId);
        _requireQualified(offer.market, offer.dealId, deal, msg.sender);
        address[] memory parties = _parties(deal, self.asker);
        SHARES.requireWithin(msg.sender, parties, offer.token, offer.fee);
        uint40 deadline = _now() + offer.window;
        emit OpinionAccepted(opinionId, msg.sender, REGISTRY.encryptionKeyOf(msg.sender), deadline);
        _enter(opinionId, self, State.Accepted, deadline);
        SHARES.count(IFeeShares.Stage.Agreed, msg.sender, parties, offer.token, offer.fee);
    }

    /// @inheritdoc IOpinions
    function post(uint256 opinionId, bool approve, bytes32 report) external nonReentrant {
        Opinion storage self = _named(opinionId, State.Accepted);
        _at(self).requireRunning(opinionId);
        if (report == 0) revert NoReport(opinionId);
        Offer memory offer = self.offer;
        IDisputableMarket.DealView memory deal = offer.market.dealOf(offer.dealId);
        _requireQualified(offer.market, offer.dealId, deal, msg.sender);

        uint40 expires = _now() + OPINION_LIFE;
        (self.approved, self.at, self.expires) = (approve, _now(), expires);
        emit OpinionPosted(opinionId, offer.subject, msg.sender, approve, report, expires);
        _enter(opinionId, self, State.Posted, 0);
        _countEnd(self, deal, IFeeShares.Stage.Paid);
        ESCROW.release(bytes32(opinionId), offer.token, msg.sender, offer.fee);
    }

    /* KEYS */

    /// @inheritdoc IOpinions
    function grant(uint256 opinionId, Artifact artifact, bytes32 grants) external {
        Offer storage offer = _known(opinionId).offer;
        if (grants == 0) revert NoGrants(opinionId);
        IDisputableMarket.DealView memory deal = offer.market.dealOf(offer.dealId);
        if (msg.sender != deal.developer && msg.sender != deal.customer) {
            revert NotAParty(opinionId, msg.sender);
        }
        emit KeysGranted(opinionId, msg.sender, artifact, grants);
    }

    /* VIEWS */

    /// @inheritdoc IOpinions
    function requireQualified(IDisputableMarket market, uint256 dealId, address auditor) public view {
        _requireQualified(market, dealId, market.dealOf(dealId), auditor);
    }

    /// @inheritdoc IOpinions
    function opinion(uint256 opinionId) external view returns (Opinion memory) {
        return _known(opinionId);
    }

    /* INTERNAL */

    function _known(uint256 opinionId) private view returns (Opinion storage self) {
        self = _opinions[opinionId];
        if (self.state == State.None) revert UnknownOpinion(opinionId);
    }

    /// @dev An opinion's state and deadline, which stand apart for those who read it.
    function _at(Opinion storage self) private view returns (DealState) {
        return Deals.pack(uint8(self.state), self.deadline);
    }

    /// @param deadline Unix seconds; 0 for a state without one.
    function _enter(uint256 opinionId, Opinion storage self, State state, uint256 deadline) private {
        (self.state, self.deadline) = (state, Deals.enter(opinionId, uint8(state), deadline).deadline());
    }

    /// @dev An opinion that the caller has asked for and that nobody works on, or no longer in time.
    function _takeBack(uint256 opinionId) private view returns (Opinion storage self) {
        self = _known(opinionId);
        if (msg.sender != self.asker) revert NotAsker(msg.sender);
        if (self.state == State.Accepted) _at(self).requireOver(opinionId);
        else _at(self).requireState(opinionId, uint8(State.Offered));
    }

    function _named(uint256 opinionId, State state) private view returns (Opinion storage self) {
        self = _known(opinionId);
        if (msg.sender != self.offer.auditor) revert NotNamed(opinionId, msg.sender);
        _at(self).requireState(opinionId, uint8(state));
    }

    function _requireQualified(
        IDisputableMarket market,
        uint256 dealId,
        IDisputableMarket.DealView memory deal,
        address auditor
    ) private view {
        uint8 domain = deal.domain;
        bool accredited = REGISTRY.holdsRole(auditor, IParticipantRegistry.Role.Auditor)
            || REGISTRY.holdsRole(auditor, IParticipantRegistry.Role.Regulator);
        if (!accredited || !REGISTRY.inDomain(auditor, domain)) revert NotQualified(auditor, domain);
        _requireIndependent(auditor, deal.developer);
        _requireIndependent(auditor, deal.customer);
        if (market.playsPart(dealId, auditor)) revert PlaysPart(auditor, dealId);
    }

    /// @dev Those off whom an auditor of the deal must not live: its parties, and whoever pays for the opinion.
    function _parties(IDisputableMarket.DealView memory deal, address asker)
        private
        pure
        returns (address[] memory parties)
    {
        parties = new address[](3);
        (parties[0], parties[1], parties[2]) = (deal.developer, deal.customer, asker);
    }

    /// @dev An accepted opinion's fee is earned or not. The money moves even if this contract is no longer a module of
    /// FeeShares.
    function _countEnd(Opinion storage self, IDisputableMarket.DealView memory deal, IFeeShares.Stage stage)
        private
    {
        Offer memory offer = self.offer;
        // solhint-disable-next-line no-empty-blocks
        try SHARES.count(stage, offer.auditor, _parties(deal, self.asker), offer.token, offer.fee) {} catch {}
    }

    /// @dev Uses today's cooling-off period: no deal depends on an opinion.
    function _requireIndependent(address auditor, address party) private view {
        IParticipantRegistry.Conflict conflict = REGISTRY.conflictOf(auditor, party, POLICY.coolingOff());
        if (conflict != IParticipantRegistry.Conflict.None) revert NotIndependent(auditor, party, conflict);
    }

    function _now() private view returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp); // fits for 34,000 years
    }
}
