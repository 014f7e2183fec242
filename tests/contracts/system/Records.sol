// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Windows} from "./Windows.sol";

/// @notice Copies of what may be written once, and counts of what may happen once.
abstract contract Records is Windows {
    /// @dev What a bidder of a deal has sealed, and whether it has revealed it.
    struct Offer {
        address bidder;
        uint96 price;
        bytes32 salt;
        bool revealed;
    }

    // What happened that never may; the invariants want all of it to be zero.
    uint256 internal writtenAgain;
    uint256 internal repeatedReveals;
    uint256 internal repeatedCommits;
    uint256 internal revealsWithoutCommit;
    uint256 internal commitsAfterReveals;
    uint256 internal trespasses;
    uint256 internal staleRules;
    uint256 internal wronglyForfeited;

    mapping(uint256 id => bytes32) internal termsAtOpening;
    mapping(uint256 id => IPolicy.Stakes) internal stakesAtOpening;
    mapping(uint256 id => uint96) internal bondAtOpening;
    mapping(uint256 id => bytes32) internal endings;
    mapping(uint256 id => uint256) internal submissionsOf;
    mapping(uint256 id => Offer[]) internal offers;
    mapping(uint256 requestId => bytes32) internal results;
    mapping(uint256 manifest => bytes32) internal versions;
    mapping(uint256 auditId => mapping(uint256 seat => bytes32)) internal verdicts;
    bytes32[] internal manifests;

    mapping(uint256 requestId => mapping(address validator => uint256)) private _commits;
    mapping(uint256 requestId => mapping(address validator => uint256)) private _reveals;
    mapping(uint256 requestId => uint256) private _revealed;

    function _rememberCommit(uint256 requestId, address validator) internal {
        if (++_commits[requestId][validator] > 1) ++repeatedCommits;
        if (_revealed[requestId] != 0) ++commitsAfterReveals;
    }

    function _rememberReveal(uint256 requestId, address validator) internal {
        if (++_reveals[requestId][validator] > 1) ++repeatedReveals;
        if (_commits[requestId][validator] == 0) ++revealsWithoutCommit;
        ++_revealed[requestId];
    }

    /// @dev What an event says is written is copied; a second event of the kind is a second writing.
    function _readMore(bytes32 topic, Vm.Log memory log) internal override {
        super._readMore(topic, log);
        if (topic == IValidationOracle.Judged.selector) {
            (IValidationOracle.Result memory verdict,) =
                abi.decode(log.data, (IValidationOracle.Result, address[]));
            uint256 requestId = uint256(log.topics[1]);
            (bool known, bytes32 own) = _resultOf(requestId);
            bytes32 said = keccak256(abi.encode(verdict));
            if (known && log.topics[2] == log.topics[1] && own != said) ++writtenAgain;
            _write(results, requestId, known ? own : said);
        } else if (topic == IVickreyAuction.AuctionClosed.selector) {
            (,, uint256 forfeited) = abi.decode(log.data, (address[], uint96, uint256));
            uint256 id = uint96(uint256(log.topics[1])); // as the market has packed it
            if (forfeited != _unrevealed(id) * bondAtOpening[id]) ++wronglyForfeited;
        } else if (topic == IModelRegistry.VersionRegistered.selector) {
            _write(versions, uint256(log.topics[1]), _versionOf(log.topics[1]));
        } else if (topic == IAuditRegistry.VerdictPosted.selector) {
            uint256 auditId = uint256(log.topics[1]);
            uint256 seat = _seatOf(auditId, _address(log.topics[3]));
            _write(verdicts[auditId], seat, _verdictOf(auditId, seat));
        } else if (
            topic == ICommissionMarket.Settled.selector || topic == ICommissionMarket.Refunded.selector
        ) {
            uint256 id = uint256(log.topics[1]);
            _write(endings, id, _endingOf(id));
        }
    }

    function _write(mapping(uint256 => bytes32) storage records, uint256 at, bytes32 record) private {
        if (records[at] != 0) ++writtenAgain;
        records[at] = record;
    }

    /// @dev Worked out anew from the votes. They are kept until the panel's next request or until it is dissolved.
    /// @return known whether they are there still.
    function _resultOf(uint256 requestId) internal view returns (bool known, bytes32 result) {
        try oracle.resultOf(requestId) returns (IValidationOracle.Result memory found) {
            return (true, keccak256(abi.encode(found)));
        } catch {
            return (false, 0);
        }
    }

    function _versionOf(bytes32 manifest) internal view returns (bytes32) {
        return keccak256(abi.encode(models.versionOf(manifest)));
    }

    function _verdictOf(uint256 auditId, uint256 seat) internal view returns (bytes32) {
        return keccak256(abi.encode(audits.verdict(auditId, seat)));
    }

    /// @dev The request and every rule that applies to the deal and its auction.
    function _termsOf(uint256 id) internal view returns (bytes32) {
        ICommissionLens.Commission memory c = lens.commission(id);
        bytes32 agreed = keccak256(
            abi.encode(c.customer, c.auctionId, c.panelSize, c.audits, c.feePpm, c.request, c.timeouts)
        );
        return keccak256(abi.encode(agreed, _auctionRules(id)));
    }

    /// @dev All that a reader finds of a deal that has ended, but for the clock that runs with the time.
    function _endingOf(uint256 id) internal view returns (bytes32) {
        ICommissionLens.Commission memory c = lens.commission(id);
        c.buildDeadline = 0;
        return keccak256(abi.encode(c));
    }

    /* THE SECOND PRICE */

    /// @dev By the definition: the lowest valid bid, and the second lowest or the reserve.
    function _secondPrice(uint256 id) internal view returns (uint96 lowest, uint96 price) {
        uint96 reserve = lens.commission(id).request.reserve;
        (lowest, price) = (type(uint96).max, reserve);
        for (uint256 i; i < offers[id].length; ++i) {
            Offer memory offer = offers[id][i];
            if (!offer.revealed || offer.price > reserve) continue;
            if (offer.price < lowest) {
                if (lowest < price) price = lowest;
                lowest = offer.price;
            } else if (offer.price < price) {
                price = offer.price;
            }
        }
    }

    /// @dev Whoever has not revealed loses its bond, and nobody else.
    function _unrevealed(uint256 id) private view returns (uint256 count) {
        for (uint256 i; i < offers[id].length; ++i) {
            if (!offers[id][i].revealed) ++count;
        }
    }

    function _offerOf(uint256 id, address bidder) internal view returns (bool found, uint96 price) {
        for (uint256 i; i < offers[id].length; ++i) {
            if (offers[id][i].bidder == bidder && offers[id][i].revealed) return (true, offers[id][i].price);
        }
    }
}
