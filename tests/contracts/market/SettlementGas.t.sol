// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice The gas of settling an audited deal, by the number of payees, whole transactions. In the steady state
/// customer, developer, treasury and payees have had money before, and the customer a model. Needs `isolate = true`.
contract SettlementGasTest is CommissionFixture {
    string private constant GROUP = "Settlement";
    uint8 private constant TWO_AUDITORS = 3; // a risk class
    bytes32 private constant FIRST = keccak256("the first model");

    function setUp() public override {
        super.setUp();
        policy.setRiskClass(TWO_AUDITORS, IPolicy.RiskClass(true, 2, false, false, 0, false));
        _settleOne(_payees(0), FIRST);
    }

    function test_gas_ofTheAim() public {
        IModelRegistry.Payee[] memory split = _payees(2);
        _giveBalances(split);
        assertLt(_measure("settle, 2 payees", split), 200_000);
    }

    function test_gas_growsWithPayees() public {
        _measured(0, true);
        uint256 one = _measured(1, true);
        uint256 ten = _measured(10, true);
        uint256 fifty = _measured(50, true);
        assertLt(ten - one, 9 * 12_000);
        assertLt(fifty - ten, 40 * 12_000);
    }

    function test_gas_growsWithNewPayees() public {
        uint256 one = _measured(1, false);
        _measured(2, false);
        uint256 ten = _measured(10, false);
        uint256 fifty = _measured(50, false);
        assertLt(ten - one, 9 * 30_000);
        assertLt(fifty - ten, 40 * 30_000);
    }

    /// @dev The market's first settlement with this customer and treasury, whose payees are new as well.
    function test_gas_ofAFirstSettlement() public {
        customer = _register("new customer", IParticipantRegistry.Role.Customer);
        _fund(customer, paymentToken, FUNDS, address(market));
        policy.setFee(25_000, makeAddr("new treasury"));
        _measure("settle, 2 payees, all new", _payees(2));
    }

    function _measured(uint256 count, bool old) private returns (uint256) {
        uint256 snapshot = vm.snapshotState();
        IModelRegistry.Payee[] memory split = _payees(count);
        if (old) _giveBalances(split);
        string memory name = string.concat("settle, ", vm.toString(count), old ? " payees" : " new payees");
        uint256 gas_ = _measure(name, split);
        vm.revertToState(snapshot);
        return gas_;
    }

    function _measure(string memory name, IModelRegistry.Payee[] memory split) private returns (uint256) {
        _settleOne(split, keccak256("the model"));
        return vm.snapshotGasLastCall(GROUP, name);
    }

    /// @dev A deal with two auditors and two lineage edges, one of them a model.
    function _settleOne(IModelRegistry.Payee[] memory split, bytes32 manifest) private {
        IModelRegistry.Submission memory submission = _submission(manifest);
        submission.grants = keccak256("grants");
        submission.payees = split;
        submission.lineage = new IModelRegistry.Lineage[](2);
        bytes32 data = keccak256("training data");
        submission.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Dataset, data);
        submission.lineage[1] = manifest == FIRST
            ? submission.lineage[0]
            : IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, FIRST);

        ICommissionMarket.Request memory request = _request();
        request.riskClass = TWO_AUDITORS;
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        uint256 id = _open(request);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        vm.prank(developer);
        market.submit(id, submission);
        _evaluate(id, THRESHOLD);
        _seatAuditors(id);
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        vm.warp(_deadline(id));
        market.settle(id, submission);
    }

    function _payees(uint256 count) private returns (IModelRegistry.Payee[] memory split) {
        split = new IModelRegistry.Payee[](count);
        for (uint256 i; i < count; ++i) {
            address account = makeAddr(string.concat("payee ", vm.toString(i)));
            split[i] = IModelRegistry.Payee(account, uint32(12_345 + i));
        }
    }

    function _giveBalances(IModelRegistry.Payee[] memory split) private {
        for (uint256 i; i < split.length; ++i) {
            _fund(split[i].account, paymentToken, 1e18, address(market));
        }
    }
}
