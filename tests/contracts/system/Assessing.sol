// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../../contracts/interfaces/ICommissionLens.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IOpinions} from "../../../contracts/interfaces/IOpinions.sol";
import {Belonging} from "./Belonging.sol";

/// @notice The conformity body and those who apply to it; those who ask auditors of their own choice, and the auditors.
/// They do their part for the most part, or vanish.
abstract contract Assessing is Belonging {
    uint256 private constant MOST_ASSESSMENTS = 8;

    /* ASSESSMENTS */

    /// @dev Now and then another set takes the last one's place; somebody applies, or an assessment goes on.
    function _assess(uint256 which, uint256 seed) internal {
        uint32 setId = conformity.testSetCount();
        if (setId == 0 || seed % 32 == 1) setId = _replaceSet(setId, seed);
        uint256 count = conformity.assessmentCount();
        uint256 id = count == 0 ? 1 : 1 + which % count;
        if (count < MOST_ASSESSMENTS && (count == 0 || seed % 4 == 0)) {
            id = count + 1;
            address applicant = bidders[seed / 4 % bidders.length];
            _refill(applicant, paymentToken, RESERVE, address(conformity));
            bytes32 manifest = bytes32(1 + seed / 64 % 3);
            bytes memory data = abi.encodeCall(conformity.open, (setId, manifest, FEE));
            if (!_tried(applicant, address(conformity), data)) return;
        }
        for (uint256 i; i <= 2 + seed / 16 % 4; ++i) {
            _turnOfAssessment(id, _hash(seed, i));
        }
    }

    function _replaceSet(uint32 last, uint256 seed) private returns (uint32) {
        _tried(regulator, address(conformity), abi.encodeCall(conformity.retire, (last)));
        IConformity.TestSet memory set;
        (set.body, set.bodyFee, set.token) = (regulator, uint96(seed % FEE), address(paymentToken));
        (set.spec, set.dataset, set.domain, set.panelSize) = ("spec", "dataset", 1, PANEL);
        (set.threshold, set.tolerance, set.requiredCriteria) = (THRESHOLD, 10_000, 1);
        _tried(regulator, address(conformity), abi.encodeCall(conformity.register, (set)));
        return conformity.testSetCount();
    }

    function _turnOfAssessment(uint256 id, uint256 seed) private {
        IConformity.Assessment memory a = conformity.assessment(id);
        if (_isAssessed(id)) return;
        _turnOfPanel(a.panelId, seed);
        _advanceAssessment(id);
        vm.roll(block.number + 3);
        _advanceAssessment(id);
    }

    function _advanceAssessment(uint256 id) private {
        IConformity.Assessment memory a = conformity.assessment(id);
        (bytes32 place, uint256 balance) = (_placeOfAssessment(a), _balance(stranger, paymentToken));
        _tried(stranger, address(conformity), abi.encodeCall(conformity.advance, (id)));
        IConformity.Assessment memory now_ = conformity.assessment(id);
        uint256 paid = a.stepFee != 0 && _placeOfAssessment(now_) != place ? 1 : 0;
        if (now_.steps != a.steps + paid) ++mispaidSteps;
        if (_balance(stranger, paymentToken) < balance + paid * a.stepFee) ++mispaidSteps;
    }

    function _placeOfAssessment(IConformity.Assessment memory a) private view returns (bytes32) {
        (, IRounds.RoundView memory round) = _round(a.panelId);
        return keccak256(abi.encode(a.state, round.state, round.replaced));
    }

    function _isAssessed(uint256 id) internal view returns (bool) {
        return conformity.assessment(id).state != IConformity.State.Judging;
    }

    /// @dev By time and a stranger alone.
    function _drainAssessment(uint256 id) internal {
        uint256 panelId = conformity.assessment(id).panelId;
        for (uint256 i; i < 60 && !_isAssessed(id); ++i) {
            _until(_roundDueAt(panelId));
            vm.roll(block.number + 3);
            _advanceAssessment(id);
        }
    }

    /* OPINIONS */

    /// @dev Of a deal's model, asked by a party or anybody; the step that is due, or one too early.
    function _opine(uint256 dealId, uint256 which, uint256 seed) internal {
        uint256 count = opinions.opinionCount();
        address auditor = auditors[seed / 8 % auditors.length];
        if (count == 0 || seed % 4 == 0) {
            _askFor(dealId, auditor, seed / 64);
            return;
        }
        uint256 id = 1 + which % count;
        IOpinions.Opinion memory o = opinions.opinion(id);
        bool accepted = o.state == IOpinions.State.Accepted;
        if (seed / 64 % 4 > 1) {
            bytes memory data = accepted
                ? abi.encodeCall(opinions.post, (id, seed / 8 % 2 == 0, "report"))
                : abi.encodeCall(opinions.accept, (id));
            if (_tried(stranger, address(opinions), data)) ++trespasses;
            _tried(o.offer.auditor, address(opinions), data);
        } else {
            if (accepted && seed / 256 % 2 == 0) _until(o.deadline);
            bytes memory data = seed / 64 % 4 == 0
                ? abi.encodeCall(opinions.withdraw, (id))
                : abi.encodeCall(opinions.replace, (id, auditor));
            if (_tried(stranger == o.asker ? regulator : stranger, address(opinions), data)) ++trespasses;
            bool early = accepted && block.timestamp < o.deadline;
            if (_tried(o.asker, address(opinions), data) && early) ++trespasses;
        }
    }

    function _askFor(uint256 dealId, address auditor, uint256 seed) private {
        ICommissionLens.Commission memory c = lens.commission(dealId);
        address by = seed % 3 == 0 ? stranger : seed % 3 == 1 ? c.developer : c.customer;
        if (c.manifest == 0) return;
        _refill(by, paymentToken, AUDIT_FEE, address(opinions));
        IOpinions.Offer memory offer = IOpinions.Offer(
            market,
            uint48(dealId),
            c.manifest,
            auditor,
            address(paymentToken),
            uint96(seed % (AUDIT_FEE + 1)),
            1 days
        );
        _tried(by, address(opinions), abi.encodeCall(opinions.ask, (offer)));
    }

    function _isOpinionOpen(uint256 id) internal view returns (bool) {
        IOpinions.State state = opinions.opinion(id).state;
        return state == IOpinions.State.Offered || state == IOpinions.State.Accepted;
    }

    /// @dev By time and whoever asked.
    function _drainOpinion(uint256 id) internal {
        IOpinions.Opinion memory o = opinions.opinion(id);
        _until(o.deadline);
        _tried(o.asker, address(opinions), abi.encodeCall(opinions.withdraw, (id)));
    }
}
