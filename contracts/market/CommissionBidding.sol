// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IAuctionGate, IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {CommissionBase} from "./CommissionBase.sol";
import {CommissionTerms, Gate, Terms} from "./CommissionTerms.sol";

/// @title From the request to the award: opening, who may bid, closing the auction.
abstract contract CommissionBidding is CommissionBase, IAuctionGate {
    using CommissionTerms for address;

    mapping(uint256 auctionId => address terms) private _termsOfAuction;
    mapping(bytes32 period => uint96) private _volume;
    mapping(bytes32 period => mapping(address developer => uint96)) private _volumeOf;

    /* OPENING */

    /// @inheritdoc ICommissionMarket
    function open(Request calldata request) external nonReentrant returns (uint256 id) {
        id = ++commissionCount;
        (address terms, uint256 total, uint96 bond) = RULES.agree(request, msg.sender);
        if (total > request.maxTotal) revert TotalExceeded(total, request.maxTotal);

        uint256 auctionId = AUCTIONS.open(
            IVickreyAuction.Terms({
                token: request.token,
                bond: bond,
                reserve: request.reserve,
                commitEnds: request.commitEnds,
                revealEnds: request.revealEnds,
                winners: 1,
                direction: IVickreyAuction.Direction.Procurement,
                gated: true
            })
        );
        _termsOfAuction[auctionId] = terms;
        Deal storage deal = _deals[id];
        // forge-lint: disable-next-line(unsafe-typecast)
        (deal.terms, deal.auctionId) = (terms, uint48(auctionId)); // a counter: 2^48 is out of reach
        emit CommissionOpened(id, msg.sender, auctionId, total, request);
        _enter(id, deal, State.Bidding, request.revealEnds);
        ESCROW.openHold(bytes32(id), request.token, msg.sender, total);
    }

    /// @inheritdoc ICommissionMarket
    function quote(Request calldata request, address customer) external view returns (uint256) {
        return RULES.quote(request, customer);
    }

    /* BIDDING */

    /// @inheritdoc IAuctionGate
    function requireEligible(uint256 auctionId, address bidder) external view {
        Gate memory gate = _termsOfAuction[auctionId].loadGate();
        REGISTRY.requireEligible(
            bidder,
            IParticipantRegistry.Eligibility(
                gate.customer, gate.organisation, gate.domain, gate.blockedJurisdictions
            )
        );
        _requireUnderCap(gate, bidder);
    }

    /// @dev Closes the auction. Nothing here can fail for good: what the auction owes is in its hold, a dealing that
    /// cannot be recorded (this market was retired) is left out, and the volume saturates.
    function _award(uint256 id, Deal storage deal) internal {
        _requireOver(id, deal);
        Terms memory terms = _termsOf(deal);
        (address[] memory winners, uint96 price) = AUCTIONS.close(deal.auctionId, bytes32(id));
        if (winners.length == 0) {
            _refund(id, deal, terms, Cause.NoBids, 0);
            return;
        }
        address developer = winners[0];
        _recordDealing(terms.gate.customer, developer);
        _recordVolume(terms.gate, developer, price);
        (deal.developer, deal.price) = (developer, price);
        deal.clock = terms.request.buildWindow;
        emit Awarded(id, developer, price, terms.bond);
        _enter(id, deal, State.Drawing, block.timestamp + terms.timeouts.draw);
    }

    /// @dev Whoever calls cannot make it fail by a lack of gas: what follows costs more than the 64th part left over.
    function _recordDealing(address a, address b) internal {
        // solhint-disable-next-line no-empty-blocks
        try REGISTRY.recordDealing(a, b) {} catch {}
    }

    /* MARKET SHARES */

    /// @inheritdoc ICommissionMarket
    function awarded(uint8 domain, address developer) external view returns (uint96 own, uint96 total) {
        bytes32 period = _period(domain, POLICY.shareCap(domain).period);
        return (_volumeOf[period][developer], _volume[period]);
    }

    function _requireUnderCap(Gate memory gate, address bidder) private view {
        IPolicy.ShareCap memory rule = gate.shareCap;
        if (rule.capPpm == 0) return;
        bytes32 period = _period(gate.domain, rule.period);
        uint256 total = _volume[period];
        uint96 own = _volumeOf[period][bidder];
        uint256 cap = total * rule.capPpm / PPM;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (total >= rule.minVolume && own > cap) revert ShareCapExceeded(bidder, own, uint96(cap)); // less than own
    }

    function _recordVolume(Gate memory gate, address developer, uint96 price) private {
        bytes32 period = _period(gate.domain, gate.shareCap.period);
        _volume[period] = _saturatingAdd(_volume[period], price);
        _volumeOf[period][developer] = _saturatingAdd(_volumeOf[period][developer], price);
    }

    function _period(uint8 domain, uint40 length) private view returns (bytes32) {
        return keccak256(abi.encode(domain, length, length == 0 ? 0 : block.timestamp / length));
    }

    /* ARITHMETIC */

    function _saturatingAdd(uint96 a, uint96 b) private pure returns (uint96) {
        return uint96(Math.min(uint256(a) + b, type(uint96).max));
    }
}
