// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IArbitrable, IArbitrator} from "../interfaces/IArbitrator.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputableMarket, Side} from "../interfaces/IDisputableMarket.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";

/// @title Disputes
/// @dev Its errors are not those of `Deals`, which its calls pass on from the market and the court: a reader could not
/// tell whose number one of them is about.
contract Disputes is IDisputes, ReentrancyGuardTransient {
    /// @notice Seconds that an outside arbitrator has to rule.
    uint40 public constant OUTSIDE_BOUND = 90 days;

    /// @notice Rulings beside 0: for the customer, for the developer.
    uint256 public constant CHOICES = 2;

    /// @dev A CID in base 16 without its digest: multibase f, version 1, raw (0x55), sha2-256 (0x12), 32 bytes (0x20).
    string private constant CID_PREFIX = "ipfs://f01551220";

    /// @dev ERC-1497: what every dispute is about. It is the same for all, so nobody has to store it.
    // solhint-disable quotes
    string private constant META_EVIDENCE = 'data:application/json,{"category":"Assay deal",'
        '"title":"Who is right about the announced end of a deal?",'
        '"description":"See docs/protocol.md, Disputes. The evidence group is the dispute.",'
        '"question":"For whom do you rule?","rulingOptions":{"titles":["The customer","The developer"]}}';
    // solhint-enable quotes
    uint256 private constant META_EVIDENCE_ID = 0;

    IEscrow private immutable ESCROW;
    ICourt private immutable COURT;

    /// @inheritdoc IDisputes
    uint256 public disputeCount;
    mapping(uint256 id => Case) private _cases;
    mapping(IArbitrator arbitrator => mapping(uint256 arbitratorDisputeId => uint256 id)) private _idOf;

    constructor(IEscrow escrow, ICourt court) {
        ESCROW = escrow;
        COURT = court;
        emit MetaEvidence(META_EVIDENCE_ID, META_EVIDENCE);
    }

    /* PARTIES */

    /// @inheritdoc IDisputes
    // slither-disable-next-line reentrancy-no-eth -- guarded: the arbitrator cannot rule before its number is known
    function open(IDisputableMarket market, uint256 dealId, Ground ground, bytes32 evidence)
        external
        payable
        nonReentrant
        returns (uint256 id)
    {
        IDisputableMarket.DealView memory terms = market.dealOf(dealId);
        if (!ESCROW.isOpen(address(market), terms.token, bytes32(dealId))) {
            revert NoDeal(address(market), dealId);
        }
        _requireParty(terms);
        id = ++disputeCount;
        Case storage self = _cases[id];
        bool inside = terms.arbitrator == address(0);
        uint256 bound = inside ? COURT.longest(market, dealId) : OUTSIDE_BOUND;
        (self.market, self.dealId, self.ground) = (market, SafeCast.toUint48(dealId), ground);
        self.deadline = SafeCast.toUint40(block.timestamp + bound);
        self.arbitrator = inside ? COURT : IArbitrator(terms.arbitrator);
        market.contest(dealId, self.deadline);
        _ask(id, self, inside ? abi.encode(market, dealId, msg.sender) : bytes(""));
        _publish(id, self, evidence);
    }

    /// @inheritdoc IDisputes
    function submitEvidence(uint256 id, bytes32 evidence) external {
        Case storage self = _openCase(id);
        _requireParty(self.market.dealOf(self.dealId));
        _publish(id, self, evidence);
    }

    /// @inheritdoc IDisputes
    function appeal(uint256 id) external payable nonReentrant {
        Case storage self = _openCase(id);
        _requireParty(self.market.dealOf(self.dealId));
        IArbitrator arbitrator = self.arbitrator;
        bytes memory extraData = arbitrator == COURT ? abi.encode(msg.sender) : bytes("");
        _requireExact(arbitrator.appealCost(self.arbitratorDisputeId, extraData));
        // slither-disable-next-line arbitrary-send-eth -- what the caller sent goes on to the deal's arbitrator
        arbitrator.appeal{value: msg.value}(self.arbitratorDisputeId, extraData);
    }

    /* RULINGS */

    /// @inheritdoc IArbitrable
    /// @dev A ruling that is not among the choices is for nobody.
    function rule(uint256 arbitratorDisputeId, uint256 ruling) external nonReentrant {
        uint256 id = _idOf[IArbitrator(msg.sender)][arbitratorDisputeId];
        if (id == 0) revert NotArbitrator(msg.sender, arbitratorDisputeId);
        Case storage self = _openCase(id);
        emit Ruling(self.arbitrator, arbitratorDisputeId, ruling);
        // forge-lint: disable-next-line(unsafe-typecast)
        _resolve(id, self, ruling > CHOICES ? Side.None : Side(uint8(ruling)), false); // at most CHOICES
    }

    /// @inheritdoc IDisputes
    function expire(uint256 id) external nonReentrant {
        Case storage self = _openCase(id);
        if (block.timestamp < self.deadline) revert TooEarly(id, self.deadline);
        _resolve(id, self, Side.None, true);
    }

    /* VIEWS */

    /// @inheritdoc IDisputes
    function disputeOf(uint256 id) external view returns (Case memory) {
        return _caseOf(id);
    }

    /* INTERNAL */

    /// @dev Hands the dispute to its arbitrator, with what the caller has sent.
    // slither-disable-next-line reentrancy-eth -- `open` is guarded, and so is all that reads the number
    function _ask(uint256 id, Case storage self, bytes memory extraData) private {
        IArbitrator arbitrator = self.arbitrator;
        _requireExact(arbitrator.arbitrationCost(extraData));
        // slither-disable-next-line arbitrary-send-eth -- what the caller sent goes on to the deal's arbitrator
        uint256 number = arbitrator.createDispute{value: msg.value}(CHOICES, extraData);
        if (_idOf[arbitrator][number] != 0) revert DisputeIdTaken(arbitrator, number);
        _idOf[arbitrator][number] = id;
        self.arbitratorDisputeId = number;
        emit Dispute(arbitrator, number, META_EVIDENCE_ID, id);
        emit DisputeOpened(
            id, address(self.market), self.dealId, msg.sender, self.ground, arbitrator, number, self.deadline
        );
    }

    function _publish(uint256 id, Case storage self, bytes32 evidence) private {
        if (evidence == 0) revert EmptyEvidence();
        bytes memory digest = bytes(Strings.toHexString(uint256(evidence), 32));
        string memory uri = string.concat(CID_PREFIX, string(Bytes.slice(digest, 2))); // without 0x
        emit Evidence(self.arbitrator, id, msg.sender, uri);
    }

    /// @dev What the court has cost the customer counts as the deal's; an outside arbitrator's cost is in another
    /// currency.
    function _resolve(uint256 id, Case storage self, Side side, bool expired) private {
        self.resolved = true;
        emit DisputeResolved(id, side, expired);
        IDisputableMarket market = self.market;
        uint256 costs = 0;
        if (self.arbitrator == COURT) {
            costs = COURT.paidBy(self.arbitratorDisputeId, market.dealOf(self.dealId).customer);
        }
        market.resolve(self.dealId, side, costs);
    }

    function _requireExact(uint256 cost) private view {
        if (msg.value != cost) revert WrongPayment(msg.value, cost);
    }

    function _requireParty(IDisputableMarket.DealView memory terms) private view {
        if (msg.sender != terms.customer && msg.sender != terms.developer) revert NotParty(msg.sender);
    }

    function _caseOf(uint256 id) private view returns (Case storage self) {
        self = _cases[id];
        if (self.deadline == 0) revert UnknownDispute(id);
    }

    function _openCase(uint256 id) private view returns (Case storage self) {
        self = _caseOf(id);
        if (self.resolved) revert AlreadyResolved(id);
    }
}
