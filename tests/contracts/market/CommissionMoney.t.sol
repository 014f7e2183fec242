// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice Amounts of every size, and settlement that nothing can stop.
contract CommissionMoneyTest is CommissionFixture {
    /// @dev Any request, price and split: the settled deal pays out all of it, and each what is its own.
    function testFuzz_settle_splits(
        uint96 reserve,
        uint96 price,
        uint32 feePpm,
        uint96[3] memory fees,
        uint256 seed
    ) public {
        reserve = uint96(bound(reserve, 1, 2e28));
        price = uint96(bound(price, 0, reserve));
        policy.setFee(uint32(bound(feePpm, 0, 50_000)), treasury);
        ICommissionMarket.Request memory request = _request();
        request.reserve = reserve;
        request.evaluationFee = uint96(bound(fees[0], 1e18, 1e24));
        request.effortFee = uint96(bound(fees[1], 0, reserve));
        request.killFee = uint96(bound(fees[2], 0, reserve));
        _fund(customer, paymentToken, 1e38, address(market));
        _fund(developer, paymentToken, reserve, address(auctions));
        _fund(rival, paymentToken, reserve, address(auctions));
        uint256[2] memory before = [_paid(customer), _paid(developer)];

        uint256 id = _open(request);
        _awardAt(id, price);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        IModelRegistry.Submission memory submission = _randomSplit(seed);
        vm.prank(developer);
        market.submit(id, submission);
        _evaluate(id, THRESHOLD);
        _deliver(id);
        vm.warp(_deadline(id));
        market.settle(id, submission);

        uint256 shares = 0;
        for (uint256 i; i < submission.payees.length; ++i) {
            uint256 share = uint256(price) * submission.payees[i].ppm / 1e6;
            assertEq(_paid(payees[i]), share);
            shares += share;
        }
        uint256 fee = uint256(price) * policy.feePpm() / 1e6;
        uint256 work = 2 * uint256(PANEL) * request.evaluationFee;
        assertEq(_paid(treasury), fee);
        assertEq(_sum(validators), work);
        assertEq(_paid(developer), before[1] + price - shares);
        assertEq(_paid(customer), before[0] - work - price - fee);
        _assertAllPaidOut(id);
    }

    /// @dev The most that a deal can spend, with every attempt used and audited: the hold covers it to the last unit.
    function testFuzz_total_coversTheWorstCase(uint8 cap, uint96 auditFee) public {
        ICommissionMarket.Request memory request = _request();
        request.submissionCap = uint8(bound(cap, 1, 4));
        request.auditFee = uint96(bound(auditFee, 1e18, 1e24));
        request.riskClass = AUDITED;
        _fund(customer, paymentToken, 1e26, address(market));
        uint256 id = _open(request);
        _awardAt(id, RESERVE);
        _seatPanel(id);
        _grantData(id);
        _answerFirst(id, 3, _says(IValidationOracle.ReportStatus.Answered)); // a round that is done again
        _timeout(id);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        for (uint256 attempt = 1; attempt <= request.submissionCap; ++attempt) {
            _submit(id, bytes32(attempt));
            _evaluate(id, THRESHOLD);
            _auditWith(id, attempt == request.submissionCap);
        }
        _deliver(id);
        _settle(id, bytes32(uint256(request.submissionCap)));
        uint256 questions = uint256(request.submissionCap) + 1;
        assertEq(_sum(validators), (questions * PANEL + 3) * FEE);
        assertEq(
            _sum(auditors) + _paid(regulator), uint256(request.submissionCap) * AUDITS * request.auditFee
        );
        _assertAllPaidOut(id);
    }

    /* NO SUBMISSION BUT THE ONE THAT WAS MADE */

    /// @dev The submission may stand anywhere in the calldata, and what is paid is what was hashed: with a forged one
    /// before it, the payees are the true one's.
    function testFuzz_settle_paysTheSubmissionThatItHashes(uint8 words) public {
        uint256 id = _challengeOver();
        bytes memory true_ = _tail(_submission("model"));
        bytes memory between = bytes.concat(_tail(_forged()), new bytes(32 * uint256(words)));
        _callSettle(id, 64 + between.length, bytes.concat(between, true_), true);
        assertEq(models.ownerOf(lens.commission(id).modelId), customer);
        assertEq(_paid(payees[0]), RESERVE / 20);
        assertEq(_paid(rival), BOND, "what its bid had put up");
        _assertAllPaidOut(id);
    }

    /// @dev Nor does a forged one pass with the true one beside it: before, behind, or reached by offsets that lead out
    /// of it.
    function testFuzz_settle_refusesForgeries(uint256 seed, bytes memory more) public {
        uint256 id = _challengeOver();
        bytes memory true_ = _tail(_submission("model"));
        bytes memory forged = _tail(_forged());
        _callSettle(id, 64, bytes.concat(forged, true_), false);
        _callSettle(id, 64 + true_.length, bytes.concat(true_, forged), false);
        _callSettle(id, 64, bytes.concat(true_, more, hex"00"), false);
        // One bit of the true one is another.
        uint256 bit = seed % (true_.length * 8);
        true_[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        _callSettle(id, 64, true_, false);
        _assertState(id, ICommissionMarket.State.Challenge);
    }

    function _challengeOver() private returns (uint256 id) {
        id = _toChallenge();
        vm.warp(_deadline(id));
    }

    function _forged() private view returns (IModelRegistry.Submission memory submission) {
        submission = _submission("model");
        submission.payees[0].account = rival;
    }

    /// @dev A submission as it stands in calldata.
    function _tail(IModelRegistry.Submission memory submission) private pure returns (bytes memory tail) {
        bytes memory encoded = abi.encode(submission);
        tail = new bytes(encoded.length - 32);
        for (uint256 i; i < tail.length; ++i) {
            tail[i] = encoded[i + 32];
        }
    }

    function _callSettle(uint256 id, uint256 offset, bytes memory tail, bool expected) private {
        (bool ok,) =
            address(market).call(bytes.concat(abi.encodePacked(market.settle.selector, id, offset), tail));
        assertEq(ok, expected, "settled");
    }

    /* WHAT CANNOT STOP A SETTLEMENT */

    function test_settle_withARetiredMarket() public {
        uint256 id = _toChallenge();
        escrow.retire(address(market));
        models.revokeRole(models.MODULE_ROLE(), address(market));
        registry.revokeRole(registry.MODULE_ROLE(), address(market));
        rounds.revokeRole(rounds.MODULE_ROLE(), address(market));
        _settle(id, "model");
        assertEq(lens.commission(id).modelId, 0, "no token");
        _assertAllPaidOut(id);
    }

    /// @dev Retired right after the opening, a market still brings its deals to an end.
    function test_retired_awardsAndRefunds() public {
        uint256 id = _toBidding();
        escrow.retire(address(market));
        registry.revokeRole(registry.MODULE_ROLE(), address(market));
        rounds.revokeRole(rounds.MODULE_ROLE(), address(market));
        _award(id, RESERVE / 2);
        _assertRefunded(id, ICommissionMarket.Cause.PanelNotSeated, 0, BOND, 0);
    }

    function test_settle_mintsToAContractThatRefusesTokens() public {
        uint256 id = _toChallenge();
        vm.etch(customer, hex"fe"); // reverts on every call
        _settle(id, "model");
        assertEq(models.ownerOf(lens.commission(id).modelId), customer);
    }

    function test_settle_whenAnotherModuleTookTheManifest() public {
        uint256 id = _toChallenge();
        models.grantRole(models.MODULE_ROLE(), address(this));
        models.registerModel(address(this), _registration("model", 1), _submission("model").lineage);
        _settle(id, "model");
        assertEq(lens.commission(id).modelId, 0, "the model is another's");
        assertEq(models.ownerOf(1), address(this));
        _assertAllPaidOut(id);
    }

    /// @dev Whoever settles with too little gas settles nothing: never a payment without the token.
    function test_settle_withLittleGasMintsOrReverts() public {
        uint256 id = _toChallenge();
        vm.warp(_deadline(id));
        IModelRegistry.Submission memory submission = _submission("model");
        bytes memory call = abi.encodeCall(market.settle, (id, submission));
        uint256 settled = 0;
        for (uint256 gas_ = 60_000; gas_ < 700_000; gas_ += 4000) {
            uint256 snapshot = vm.snapshotState();
            (bool ok,) = address(market).call{gas: gas_}(call);
            if (ok) {
                ++settled;
                assertEq(models.modelCount(), 1, "paid, so minted");
            }
            assertTrue(vm.revertToState(snapshot));
        }
        assertGt(settled, 0);
    }

    /// @dev Nor can a dealing be left out by a lack of gas.
    function test_submit_withLittleGasRecordsThePayeesOrReverts() public {
        uint256 id = _toBuilding();
        bytes memory call = abi.encodeCall(market.submit, (id, _submission("model")));
        uint256 submitted = 0;
        for (uint256 gas_ = 60_000; gas_ < 700_000; gas_ += 4000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(developer);
            (bool ok,) = address(market).call{gas: gas_}(call);
            if (ok) {
                ++submitted;
                assertGt(registry.dealtAt(developer, payees[0]), 0);
                assertGt(registry.dealtAt(developer, payees[1]), 0);
            }
            assertTrue(vm.revertToState(snapshot));
        }
        assertGt(submitted, 0);
    }

    /* STEPS */

    /// @dev `developer` wins at exactly `price`, however small: with the same bids, by the earlier commit.
    function _awardAt(uint256 id, uint96 price) private {
        _bid(id, developer, price);
        skip(1);
        _bid(id, rival, price);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, price);
        _reveal(id, rival, price);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
        assertEq(lens.commission(id).developer, developer);
        assertEq(lens.commission(id).price, price);
    }

    /// @dev All seats post; the last audit approves.
    function _auditWith(uint256 id, bool approve) private {
        address[] memory seats = _seatAuditors(id);
        _post(id, seats[0], !approve);
        _post(id, seats[1], approve);
        _post(id, seats[2], approve);
        market.advance(id);
    }

    /// @dev Up to three payees with shares that add up to at most 100 %.
    function _randomSplit(uint256 seed) private returns (IModelRegistry.Submission memory submission) {
        submission = _submission("model");
        payees.push(makeAddr("unregistered payee"));
        uint256 count = seed % 4;
        submission.payees = new IModelRegistry.Payee[](count);
        uint256 rest = 1e6;
        for (uint256 i; i < count; ++i) {
            uint256 ppm = uint256(keccak256(abi.encode(seed, i))) % (rest + 1);
            submission.payees[i] = IModelRegistry.Payee(payees[i], uint32(ppm));
            rest -= ppm;
        }
    }
}
