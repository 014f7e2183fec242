// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Records} from "./Records.sol";

/// @notice Customers and developers: they open, bid, reveal, grant, submit; well for the most part, late, twice or not
/// at all some of the time.
abstract contract Dealing is Records {
    uint256 internal constant MOST_OPEN = 4;
    uint256 internal constant MOST_DEALS = 16;

    uint256 private _submissions;
    uint256 internal mispaidSteps; // paid though nothing moved, or the other way round

    function _openDeal(uint256 seed) internal returns (bool) {
        if (_openDeals() >= MOST_OPEN || market.commissionCount() >= MOST_DEALS) return false;
        ICommissionMarket.Request memory request = _request();
        request.riskClass = seed % 3 == 0 ? UNAUDITED : AUDITED;
        request.submissionCap = uint8(1 + seed / 3 % 3);
        request.reserve = uint96(RESERVE / 4 + seed / 8 % RESERVE);
        request.effortFee = uint96(seed / 16 % RESERVE / 8);
        request.killFee = uint96(seed / 32 % RESERVE / 8);
        request.requiredCriteria = uint16(seed / 64 % 4);
        request.commitEnds = uint40(block.timestamp + 1 hours + seed % 1 days);
        request.revealEnds = request.commitEnds + uint40(1 minutes + seed % 1 days);
        address by = seed % 5 == 0 ? otherCustomer : customer;
        _refill(by, paymentToken, FUNDS, address(market));
        bytes memory data = seed / 128 % 6 == 0
            ? abi.encodeCall(market.openUnder, (request, address(outside), 0))
            : abi.encodeCall(market.open, (request));
        if (!_tried(by, address(market), data)) return false;
        uint256 id = market.commissionCount();
        (stakesAtOpening[id], bondAtOpening[id]) = (policy.stakes(), _bondNow(request.reserve));
        termsAtOpening[id] = _termsOf(id);
        if (_isStale(lens.commission(id))) ++staleRules;
        return true;
    }

    function _commitBid(uint256 id, address bidder, uint256 seed) internal {
        uint256 auctionId = lens.commission(id).auctionId;
        // Prices in steps, so that ties happen; one in sixteen is beyond the reserve.
        uint96 price = uint96(1 + lens.commission(id).request.reserve / 16 * (seed % 17));
        bytes32 salt = bytes32(seed);
        _refill(bidder, paymentToken, bondAtOpening[id], address(auctions));
        bytes32 sealedBid = auctions.sealBid(auctionId, bidder, price, salt);
        bool copies = seed / 32 % 8 == 0 && offers[id].length != 0;
        if (copies) {
            Offer memory other = offers[id][0];
            sealedBid = auctions.sealBid(auctionId, other.bidder, other.price, other.salt);
            (price, salt) = (other.price, other.salt);
        }
        if (_tried(bidder, address(auctions), abi.encodeCall(auctions.commit, (auctionId, sealedBid)))) {
            offers[id].push(Offer(bidder, price, salt, false));
        }
    }

    /// @dev What succeeds is remembered, whether it should have or not.
    function _revealBid(uint256 id, uint256 which, uint256 seed) internal {
        if (offers[id].length == 0) return;
        Offer storage offer = offers[id][which % offers[id].length];
        uint256 auctionId = lens.commission(id).auctionId;
        uint96 price = seed % 16 == 0 ? offer.price - 1 : offer.price;
        bytes memory data = abi.encodeCall(auctions.reveal, (auctionId, price, offer.salt));
        if (!_tried(offer.bidder, address(auctions), data)) return;
        if (offer.revealed) ++repeatedReveals;
        (offer.revealed, offer.price) = (true, price);
    }

    function _reclaimAll(uint256 id) internal {
        uint256 auctionId = lens.commission(id).auctionId;
        for (uint256 i; i < offers[id].length; ++i) {
            bytes memory data = abi.encodeCall(auctions.reclaim, (auctionId, offers[id][i].bidder));
            _tried(stranger, address(auctions), data);
        }
    }

    function _giveKey(uint256 panelId, address by, uint8 artifact) internal {
        _tried(by, address(rounds), abi.encodeCall(rounds.grant, (panelId, artifact, "grants")));
    }

    /* DELIVERY. Every fourth deal's panel is captured: its word delivers another key than the one whose hash it names. */

    function _isCaptured(uint256 id) internal pure returns (bool) {
        return id % 4 == 3;
    }

    function _keyHashOf(uint256 id) private pure returns (bytes32) {
        return _isCaptured(id) ? bytes32("another key") : _keyHash(_exchange(address(0), id).key);
    }

    /// @dev On which the panel of a deal agrees.
    function _agreedWord(uint256 id) internal returns (bytes32) {
        return _agreement(_delivered(id), _keyHashOf(id));
    }

    function _deliverKey(uint256 id) internal {
        Exchange memory x = _delivered(id);
        bytes memory data = abi.encodeCall(
            deliveries.deliverAgreed,
            (market, id, _point(x.b), _keyHashOf(id), CIPHERTEXT, _delivery(x), _possession(x))
        );
        _tried(stranger, address(deliveries), data);
    }

    /// @dev It succeeds for captured panels only.
    function _refuteDelivery(uint256 id) internal {
        Exchange memory x = _delivered(id);
        bytes memory data = abi.encodeCall(
            deliveries.refute,
            (market, id, _point(x.b), _keyHashOf(id), CIPHERTEXT, _delivery(x), _refutation(x))
        );
        if (_tried(stranger, address(deliveries), data) && !_isCaptured(id)) ++trespasses;
    }

    function _submitModel(uint256 id, address by, uint256 seed) internal {
        bytes32 manifest = bytes32(++_submissions);
        if (seed % 16 == 0 && manifests.length != 0) manifest = manifests[seed / 16 % manifests.length];
        if (!_tried(by, address(market), abi.encodeCall(market.submit, (id, _submission(manifest))))) return;
        ++submissionsOf[id];
        manifests.push(manifest);
    }

    function _settleDeal(uint256 id, address by) internal {
        bytes32 manifest = lens.commission(id).manifest;
        _tried(by, address(market), abi.encodeCall(market.settle, (id, _submission(manifest))));
    }

    /// @dev What it pays is held against what an onlooker sees: whether the deal stands elsewhere now.
    function _advanceDeal(uint256 id) internal returns (bool ok) {
        ICommissionLens.Commission memory c = lens.commission(id);
        (bytes32 place, uint256 balance) = (_placeOf(id), _balance(stranger, paymentToken));
        ok = _tried(stranger, address(market), abi.encodeCall(market.advance, (id)));
        uint256 paid = c.stepFee != 0 && _placeOf(id) != place ? 1 : 0;
        if (lens.commission(id).steps != c.steps + paid) ++mispaidSteps;
        if (_balance(stranger, paymentToken) < balance + paid * c.stepFee) ++mispaidSteps;
    }

    /// @dev Whether a deal that has just opened has other rules than Policy's.
    function _isStale(ICommissionLens.Commission memory c) private view returns (bool) {
        IPolicy.CommissionTerms memory now_ = policy.commissionTerms(
            c.request.token, c.request.domain, c.request.riskClass, 1, c.request.reserve
        );
        return c.feePpm != now_.feePpm || c.panelSize != now_.panelSize || c.audits != now_.audits
            || keccak256(abi.encode(c.timeouts)) != keccak256(abi.encode(now_.timeouts));
    }

    function _openDeals() private view returns (uint256 count) {
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            if (!_isFinal(id)) ++count;
        }
    }

    function _isFinal(uint256 id) internal view returns (bool) {
        return market.stateOf(id) >= ICommissionMarket.State.Settled;
    }

    function _bondNow(uint96 reserve) private view returns (uint96) {
        return uint96((uint256(reserve) * policy.bidBondPpm() + 999_999) / 1_000_000);
    }
}
