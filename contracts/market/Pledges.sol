// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAgreementKeeper, IAgreements} from "../interfaces/IAgreements.sol";
import {IAuditClient} from "../interfaces/IAuditRegistry.sol";
import {IDisputableMarket, Side} from "../interfaces/IDisputableMarket.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IPledges} from "../interfaces/IPledges.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {Deals, DealState} from "../kernel/Deals.sol";
import {Endings} from "../kernel/Endings.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Rules} from "../policy/Rules.sol";

/// @title Pledges
/// @dev A pledge is a deal whose announced end, the return of the bond, can be contested for as long as it runs.
contract Pledges is IPledges, Endings, ReentrancyGuardTransient {
    using Rules for uint256[];
    using SSTORE2 for address;

    /// @notice Seconds within which a pledge must have been made or renewed for its agreement to count: a party could
    /// otherwise agree when its bond is about to be returned.
    uint40 public constant FRESH = 7 days;
    uint32 public constant MIN_TERM = 30 days;
    uint32 public constant MAX_TERM = 3 * 365 days;

    struct Pledge {
        // slot 0
        address party;
        DealState at; // a State and its deadline
        uint40 until; // when the pledge ends; 0 once a dispute has prolonged it
        // slot 1
        address rules; // where Rulebook keeps those of the moment when it was made or renewed
        uint40 pledgedAt;
        // slot 2
        bytes32 agreement;
    }

    IEscrow private immutable ESCROW;
    IAgreements private immutable AGREEMENTS;
    IRulebook private immutable RULEBOOK;

    /// @inheritdoc IPledges
    uint256 public pledgeCount;
    mapping(bytes32 agreement => Terms) private _terms;
    mapping(uint256 id => Pledge) private _pledges;
    /// @inheritdoc IPledges
    mapping(bytes32 agreement => mapping(address party => uint256)) public pledgeOf;

    constructor(IEscrow escrow, IAgreements agreements, IRulebook rulebook, address disputes_)
        Endings(disputes_, uint8(State.Pledged), uint8(State.Disputed))
    {
        (ESCROW, AGREEMENTS, RULEBOOK) = (escrow, agreements, rulebook);
    }

    /* BENEFICIARIES */

    /// @inheritdoc IPledges
    function drawUp(bytes32 text, address token, uint96 bond, uint32 term, uint8 domain)
        external
        returns (bytes32 agreement)
    {
        if (text == 0) revert InvalidAgreement("text");
        if (bond == 0) revert InvalidAgreement("bond");
        if (term < MIN_TERM || term > MAX_TERM) revert InvalidAgreement("term");
        if (domain == 0) revert InvalidAgreement("domain");
        Terms memory terms = Terms(text, msg.sender, token, bond, term, domain);
        agreement = AGREEMENTS.keep(keccak256(abi.encode(terms)));
        _terms[agreement] = terms;
        emit DrawnUp(agreement, text, terms);
    }

    /* PARTIES */

    /// @inheritdoc IPledges
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function pledge(bytes32 agreement) external nonReentrant returns (uint256 id) {
        Terms memory terms = termsOf(agreement);
        if (msg.sender == terms.beneficiary) revert OwnAgreement(msg.sender);
        id = pledgeOf[agreement][msg.sender];
        State state = State(_pledges[id].at.state());
        if (state == State.Disputed) _pledges[id].at.requireState(id, uint8(State.Pledged));
        bool renewed = state == State.Pledged;
        if (!renewed) id = ++pledgeCount;
        pledgeOf[agreement][msg.sender] = id;
        Pledge storage self = _pledges[id];
        // forge-lint: disable-next-line(unsafe-typecast)
        uint40 until = uint40(block.timestamp) + terms.term; // Unix time fits for 34,000 years
        (self.party, self.until, self.agreement) = (msg.sender, until, agreement);
        (self.rules, self.pledgedAt) = (RULEBOOK.rulesForToken(terms.token), uint40(block.timestamp));
        emit Pledged(id, agreement, msg.sender, until);
        _enterEnding(id, uint8(State.Pledged), until);
        if (!renewed) ESCROW.openHold(bytes32(id), terms.token, msg.sender, terms.bond);
    }

    /// @inheritdoc IPledges
    function release(uint256 id) external nonReentrant {
        Pledge storage self = _pledgeOf(id);
        self.at.requireState(id, uint8(State.Pledged));
        self.at.requireOver(id);
        Terms memory terms = _terms[self.agreement];
        emit BondReturned(id);
        _enterEnding(id, uint8(State.Returned), 0);
        ESCROW.release(bytes32(id), terms.token, self.party, terms.bond);
    }

    /* RULINGS */

    /// @inheritdoc IDisputableMarket
    function resolve(uint256 id, Side side, uint256 costs) external nonReentrant {
        _resolve(id, side, costs);
    }

    /// @inheritdoc Endings
    function _endingState(uint256 id) internal view override returns (DealState) {
        return _pledgeOf(id).at;
    }

    /// @inheritdoc Endings
    function _enterEnding(uint256 id, uint8 state, uint256 deadline) internal override {
        _pledges[id].at = Deals.enter(id, state, deadline);
    }

    /// @inheritdoc Endings
    /// @dev The party is the court's developer.
    function _favoured(uint256) internal pure override returns (Side) {
        return Side.Developer;
    }

    /// @inheritdoc Endings
    /// @dev The pledge goes on until it ends, and after a dispute that outlasts it once so long that it can be
    /// contested again. A party could otherwise get rid of it by a dispute of its own; and if it went on more than
    /// once, a beneficiary could keep the bond for ever, for nothing where no jury can be filled.
    function _confirm(uint256 id) internal override {
        Pledge storage self = _pledges[id];
        (uint256 until, uint256 contestable) = (self.until, block.timestamp);
        if (until != 0) contestable += self.rules.read().challengeWindow();
        if (contestable > until) self.until = 0;
        _enterEnding(id, uint8(State.Pledged), Math.max(until, contestable));
    }

    /// @inheritdoc Endings
    function _overrule(uint256 id, Side, uint256 costs) internal override {
        Terms memory terms = _terms[_pledges[id].agreement];
        uint256 toBeneficiary = Math.min(terms.bond, costs);
        uint256 burnt = terms.bond - toBeneficiary;
        emit BondForfeited(id, toBeneficiary, burnt);
        _enterEnding(id, uint8(State.Forfeited), 0);
        if (toBeneficiary != 0) {
            ESCROW.release(bytes32(id), terms.token, terms.beneficiary, toBeneficiary);
        }
        if (burnt != 0) ESCROW.burn(bytes32(id), terms.token, burnt);
    }

    /* VIEWS */

    /// @inheritdoc IAgreementKeeper
    function requireAgreed(bytes32 agreement, address party) external view {
        Pledge storage self = _pledges[pledgeOf[agreement][party]];
        // slither-disable-next-line incorrect-equality -- an enum, which shares a slot with times
        bool runs = self.at.state() == uint8(State.Pledged);
        if (!runs || block.timestamp >= self.pledgedAt + FRESH) revert NotPledged(agreement, party);
    }

    /// @inheritdoc IDisputableMarket
    function dealOf(uint256 id) external view returns (DealView memory d) {
        Pledge storage self = _pledgeOf(id);
        Terms memory terms = _terms[self.agreement];
        uint256[] memory rules = self.rules.read();
        (d.customer, d.developer, d.token) = (terms.beneficiary, self.party, terms.token);
        (d.domain, d.subject, d.openedAt) = (terms.domain, terms.text, self.pledgedAt);
        (d.coolingOff, d.fee, d.bond) = (rules.coolingOff(), rules.appealBond(), rules.auditorBond());
        d.timeouts = rules.timeouts();
    }

    /// @inheritdoc IAuditClient
    function playsPart(uint256 id, address account) external view returns (bool) {
        Pledge storage self = _pledgeOf(id);
        return account == self.party || account == _terms[self.agreement].beneficiary;
    }

    /// @inheritdoc IPledges
    function termsOf(bytes32 agreement) public view returns (Terms memory terms) {
        terms = _terms[agreement];
        if (terms.text == 0) revert UnknownAgreement(agreement);
    }

    /// @inheritdoc IPledges
    function stateOf(uint256 id) external view returns (State state, uint40 deadline) {
        DealState at = _pledgeOf(id).at;
        return (State(at.state()), at.deadline());
    }

    function _pledgeOf(uint256 id) private view returns (Pledge storage self) {
        self = _pledges[id];
        if (self.party == address(0)) revert UnknownPledge(id);
    }
}
