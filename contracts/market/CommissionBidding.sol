// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICommissionMarket} from "../interfaces/ICommissionMarket.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";
import {IAuctionGate, IVickreyAuction} from "../interfaces/IVickreyAuction.sol";
import {Splits} from "../kernel/Splits.sol";
import {Rules} from "../policy/Rules.sol";
import {CommissionPanel} from "./CommissionPanel.sol";
import {CommissionTerms, Terms} from "./CommissionTerms.sol";

/// @title From the request to the award: opening, the cap on market shares, closing the auction.
abstract contract CommissionBidding is CommissionPanel, IAuctionGate {
    using CommissionTerms for Terms;
    using Rules for uint256[];

    mapping(bytes32 period => uint96) private _volume;
    mapping(bytes32 period => mapping(address developer => uint96)) private _volumeOf;

    /* OPENING */

    /// @inheritdoc ICommissionMarket
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function open(Request calldata request) external nonReentrant returns (uint256) {
        return _open(request, address(0), 0);
    }

    /// @inheritdoc ICommissionMarket
    // slither-disable-next-line reentrancy-no-eth -- guarded; all that is called are modules of the market
    function openUnder(Request calldata request, address arbitrator, bytes32 agreement)
        external
        nonReentrant
        returns (uint256 id)
    {
        id = _open(request, arbitrator, agreement);
        if (arbitrator == address(0)) return id;
        _arbitrators[id] = arbitrator;
        emit ArbitratorNamed(id, arbitrator);
    }

    function _open(Request calldata request, address arbitrator, bytes32 agreement)
        private
        returns (uint256 id)
    {
        id = ++commissionCount;
        (address terms, uint256 total, IVickreyAuction.Terms memory auction) =
            RULES.agree(request, arbitrator, msg.sender);
        auction.agreement = agreement;
        if (total > request.maxTotal) revert TotalExceeded(total, request.maxTotal);

        emit CommissionOpened(id, msg.sender, _auctionIdOf(id), total, request);
        _begin(id, terms, request.revealEnds);
        // slither-disable-start unused-return -- `_auctionIdOf` is its number
        // forge-lint: disable-next-line(unsafe-typecast)
        AUCTIONS.open(uint96(id), auction); // a counter: 2^96 is out of reach
        // slither-disable-end unused-return
        ESCROW.openHold(bytes32(id), request.token, msg.sender, total);
    }

    function _begin(uint256 id, address terms, uint40 revealEnds) private {
        Deal storage self = _deals[id];
        self.terms = terms;
        _enter(id, self, State.Bidding, revealEnds);
    }

    /* BIDDING */

    /// @inheritdoc IAuctionGate
    /// @dev The auction has asked the registry. It asks here only where a cap applies.
    function requireEligible(uint256 auctionId, address bidder) external view {
        // forge-lint: disable-next-line(unsafe-typecast)
        Terms memory terms = _termsOf(_dealOf(uint96(auctionId))); // the id of the deal, as `open` packed it
        IPolicy.ShareCap memory rule = terms.rules.shareCap();
        bytes32 period = _period(terms.domain(), rule.period);
        uint256 total = _volume[period];
        uint96 own = _volumeOf[period][bidder];
        uint256 cap = total * rule.capPpm / Splits.PPM;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (total >= rule.minVolume && own > cap) revert ShareCapExceeded(bidder, own, uint96(cap)); // less than own
    }

    /// @dev Closes the auction. Nothing here can fail for good: what the auction owes is in its hold, a dealing that
    /// cannot be recorded (this market was retired) is left out, and the volume saturates.
    function _award(uint256 id, Deal storage self, Terms memory terms) internal {
        (address[] memory winners, uint96 price) = AUCTIONS.close(_auctionIdOf(id), bytes32(id));
        if (winners.length == 0) {
            _refund(id, self, terms, Cause.NoBids, 0);
            return;
        }
        address developer = winners[0];
        _recordDealing(terms.customer(), developer);
        _recordVolume(terms, developer, price);
        (self.developer, self.price) = (developer, price);
        self.clock = terms.buildWindow();
        emit Awarded(id, developer, price, terms.bond());
        _askForData(id, self, terms);
    }

    /// @dev The caller cannot make this call fail by giving too little gas: the steps after it cost more than the 64th
    /// of the gas that would be left over.
    function _recordDealing(address a, address b) internal {
        // solhint-disable-next-line no-empty-blocks
        try REGISTRY.recordDealing(a, b) {} catch {}
    }

    /* MARKET SHARES */

    /// @inheritdoc ICommissionMarket
    function awarded(uint8 domain, address developer) external view returns (uint96 own, uint96 total) {
        bytes32 period = _period(domain, RULES.sharePeriod(domain));
        return (_volumeOf[period][developer], _volume[period]);
    }

    function _recordVolume(Terms memory terms, address developer, uint96 price) private {
        bytes32 period = _period(terms.domain(), terms.rules.shareCap().period);
        _volume[period] = _saturatingAdd(_volume[period], price);
        _volumeOf[period][developer] = _saturatingAdd(_volumeOf[period][developer], price);
    }

    function _period(uint8 domain, uint40 length) private view returns (bytes32) {
        return keccak256(abi.encode(domain, length, length == 0 ? 0 : block.timestamp / length));
    }

    function _saturatingAdd(uint96 a, uint96 b) private pure returns (uint96) {
        return uint96(Math.min(uint256(a) + b, type(uint96).max));
    }
}
