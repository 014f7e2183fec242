// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {Vm} from "forge-std/Vm.sol";

import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice What the market tells of a deal: to indexers, to those who judge its parties, and about market shares.
contract CommissionAccountsTest is CommissionFixture {
    function testFuzz_award_isTold(uint96 price) public {
        price = uint96(bound(price, 2, RESERVE));
        uint256 id = _toBidding();
        _bid(id, developer, price / 2);
        _bid(id, rival, price);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, price / 2);
        _reveal(id, rival, price);
        vm.warp(lens.commission(id).request.revealEnds);
        assertEq(registry.dealtAt(customer, developer), 0);
        vm.expectEmit(address(market));
        emit ICommissionMarket.Awarded(id, developer, price, BOND);
        market.advance(id);
        assertEq(registry.dealtAt(customer, developer), block.timestamp);
        assertEq(registry.dealtAt(customer, rival), 0);
    }

    function test_panelAuditAndSettlement_areTold() public {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = AUDITED;
        // another deal first, so that no number is like another
        _award(_open(request), RESERVE / 2);
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        request = _request();
        request.riskClass = AUDITED;
        uint256 id = _open(request);
        vm.recordLogs();
        _award(id, RESERVE / 2);
        _expectPanelTold(id, 1 << 32 | 2); // the first panel of the second room
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _answer(id, _scored(THRESHOLD));
        vm.warp(_deadline(id));
        vm.expectEmit(address(market));
        emit ICommissionMarket.AuditAssigned(id, 1);
        market.advance(id);
        _seatAuditors(id);
        _postAll(id, true);
        market.advance(id);
        _deliver(id);
        vm.warp(_deadline(id));
        uint96 price = lens.commission(id).price;
        uint256 fee = uint256(price) * 25_000 / 1e6;
        vm.expectEmit(address(market));
        emit ICommissionMarket.Settled(id, 1, price, fee, _held(id) - price - BOND - fee);
        market.settle(id, _submission("model"));
    }

    function _expectPanelTold(uint256 id, uint256 panelId) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool told = false;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ICommissionMarket.PanelAssigned.selector) continue;
            told = uint256(logs[i].topics[1]) == id && uint256(logs[i].topics[2]) == panelId;
        }
        assertTrue(told);
    }

    /// @dev The clock that runs is the deadline, not what is left of it from now.
    function testFuzz_buildDeadline_standsWhileBuilding(uint32 later) public {
        uint256 id = _toBuilding();
        uint256 deadline = _deadline(id);
        skip(later % 5 days);
        assertEq(lens.commission(id).buildDeadline, deadline);
    }

    function test_open_anyToleranceUpToAll() public {
        ICommissionMarket.Request memory request = _request();
        request.tolerance = 1_000_000;
        uint256 id = _open(request);
        assertEq(lens.commission(id).request.tolerance, 1_000_000);
    }

    /// @dev All that is awarded in a period counts together, and nothing of the period before.
    function test_awarded_byPeriods() public {
        uint40 period = 30 days;
        policy.setShareCap(1, IPolicy.ShareCap(900_000, period, type(uint96).max));
        vm.warp((block.timestamp / period + 1) * period);
        uint96 price = RESERVE / 2;
        _award(_open(_request()), price);
        skip(1 days);
        _fund(developer, paymentToken, BOND, address(auctions));
        _fund(rival, paymentToken, BOND, address(auctions));
        _award(_open(_request()), price);
        (uint96 own, uint96 total) = market.awarded(1, developer);
        assertEq(own, 2 * price);
        assertEq(total, 2 * price);
        skip(period);
        (own, total) = market.awarded(1, developer);
        assertEq(own + total, 0);
    }
}
