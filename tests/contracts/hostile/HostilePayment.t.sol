// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {CommissionFixture} from "../CommissionFixture.sol";
import {HostileToken} from "./HostileToken.sol";

/// @notice Deals paid in a token that turns hostile. The market never touches a token, so a deal goes on; each
/// withdraws on its own, and what the token does to one it does to no other.
contract HostilePaymentTest is CommissionFixture {
    uint96 private constant PRICE = RESERVE / 2;

    HostileToken private _token;

    function _newPaymentToken() internal override returns (TestToken) {
        return _token = new HostileToken();
    }

    /// @dev Whoever is refused can have its money sent elsewhere; the others notice nothing.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_oneIsRefused(uint8 who) public {
        uint256 id = _toChallenge();
        address[4] memory all = [developer, customer, treasury, payees[0]];
        address refused = all[who % 4];
        _token.refuse(refused);
        _settle(id, "model");
        for (uint256 i; i < 4; ++i) {
            uint256 amount = _paid(all[i]);
            vm.startPrank(all[i]);
            if (all[i] == refused) {
                vm.expectRevert("refused");
                escrow.withdraw(address(_token), amount);
                escrow.withdrawTo(address(_token), amount, third);
            } else {
                escrow.withdraw(address(_token), amount);
            }
            vm.stopPrank();
            assertEq(_paid(all[i]), 0);
        }
        assertGt(_token.balanceOf(third), 0);
        _assertBooks();
    }

    /// @dev A token that answers `false` to everything stops withdrawals, and no deal.
    function test_aSulkingTokenStopsNoDeal() public {
        uint256 id = _toBuilding();
        _token.sulk(true);
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        _deliver(id);
        _settle(id, "model");
        _assertAllPaidOut(id);
        uint256 amount = _paid(developer);
        vm.prank(developer);
        vm.expectRevert();
        escrow.withdraw(address(_token), amount);
        _token.sulk(false);
        vm.prank(developer);
        escrow.withdraw(address(_token), amount);
        assertEq(_token.balanceOf(developer), amount);
    }

    /// @dev Fees start in the middle of a deal: they are its payees' when they withdraw, and never the deal's.
    function testFuzz_feesAreTheWithdrawers(uint256 ppm) public {
        ppm = bound(ppm, 0, 500_000);
        uint256 id = _toChallenge();
        _token.takeFee(ppm);
        _settle(id, "model");
        uint256 amount = _paid(developer);
        vm.prank(developer);
        escrow.withdraw(address(_token), amount);
        assertEq(_token.balanceOf(developer), amount - amount * ppm / 1e6);
        _assertBooks();

        // What arrives is what is credited.
        _token.mint(third, 1e18);
        vm.startPrank(third);
        _token.approve(address(escrow), 1e18);
        uint256 credited = escrow.deposit(address(_token), 1e18, third);
        vm.stopPrank();
        assertEq(credited, 1e18 - 1e18 * ppm / 1e6);
        _assertBooks();
    }

    /// @dev In the middle of a withdrawal or a deposit the token, itself a holder of money, calls the escrow back.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_callsBackIntoTheEscrow(uint8 entry, bool deposits) public {
        _token.mint(address(_token), 2e18);
        _token.act(address(_token), abi.encodeCall(_token.approve, (address(escrow), 2e18)));
        _token.act(address(escrow), abi.encodeCall(escrow.deposit, (address(_token), 1e18, address(_token))));
        bytes[] memory one = new bytes[](1);
        one[0] = abi.encodeCall(escrow.withdraw, (address(_token), 1));
        bytes[5] memory callbacks = [
            abi.encodeCall(escrow.deposit, (address(_token), 1, address(_token))),
            abi.encodeCall(escrow.withdraw, (address(_token), 1)),
            abi.encodeCall(escrow.withdrawTo, (address(_token), 1, third)),
            abi.encodeCall(escrow.depositWithPermit, (address(_token), 1, type(uint256).max, 0, 0, 0)),
            abi.encodeCall(escrow.multicall, (one))
        ];
        _token.callBack(address(escrow), callbacks[entry % 5]);
        _move(deposits);
        assertFalse(_token.entered());
        assertEq(
            _token.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        _assertBooks();
    }

    /// @dev It may call the market: a step that is due is due for anybody at any time.
    /// forge-config: default.fuzz.runs = 8
    function testFuzz_callsBackIntoTheMarket(bool deposits) public {
        uint256 id = _toAppealing();
        vm.warp(_deadline(id));
        _token.callBack(address(market), abi.encodeCall(market.advance, (id)));
        _move(deposits);
        assertTrue(_token.entered());
        _assertState(id, ICommissionMarket.State.Delivering);
        _assertBooks();
    }

    /// @dev Nor can it open a deal with money that has not arrived.
    function test_callsBackToOpen_withWhatIsBeingDeposited() public {
        ICommissionMarket.Request memory request = _request();
        _token.mint(address(_token), FUNDS);
        _token.act(address(_token), abi.encodeCall(_token.approve, (address(escrow), FUNDS)));
        _token.act(
            address(escrow), abi.encodeCall(escrow.setOperator, (address(market), address(_token), true))
        );
        _token.callBack(address(market), abi.encodeCall(market.open, (request)));
        _token.act(address(escrow), abi.encodeCall(escrow.deposit, (address(_token), FUNDS, address(_token))));
        assertFalse(_token.entered());
        assertEq(market.commissionCount(), 0);
        _assertBooks();
    }

    /// @dev Its supply shrinks under the escrow: the last to withdraw loses, in this token and in no other.
    function test_aTokenThatTakesItBack_harmsItsHoldersOnly() public {
        uint256 id = _toChallenge();
        deal(address(_token), address(escrow), 1);
        _settle(id, "model");
        _assertState(id, ICommissionMarket.State.Settled);
        uint256 staked = stakingToken.balanceOf(address(escrow));
        assertEq(staked, VALIDATORS * 5 * uint256(SEAT) + (AUDITORS + 1) * uint256(AUDITOR_BOND));
        vm.prank(auditors[0]);
        audits.leave();
        vm.prank(auditors[0]);
        escrow.withdraw(address(stakingToken), AUDITOR_BOND);
        assertEq(stakingToken.balanceOf(auditors[0]), AUDITOR_BOND);
    }

    function _move(bool deposits) private {
        if (deposits) {
            _token.mint(third, 5);
            vm.startPrank(third);
            _token.approve(address(escrow), 5);
            escrow.deposit(address(_token), 5, third);
        } else {
            vm.startPrank(third);
            escrow.withdraw(address(_token), 5);
        }
        vm.stopPrank();
    }

    /// @dev All balances and holds are covered by what the escrow has, to the last unit.
    function _assertBooks() private view {
        uint256 owed = _paid(customer) + _paid(developer) + _paid(rival) + _paid(third) + _paid(treasury)
            + _paid(address(_token)) + _burnt(paymentToken) + _sum(validators) + _sum(payees);
        uint256 holds;
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            bytes32 bonds = bytes32(lens.commission(id).auctionId);
            holds += _held(id) + escrow.held(address(auctions), address(_token), bonds);
        }
        assertEq(owed + holds, _token.balanceOf(address(escrow)));
    }
}
