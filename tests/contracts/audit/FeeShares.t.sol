// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IFeeShares} from "../../../contracts/interfaces/IFeeShares.sol";
import {IOpinions} from "../../../contracts/interfaces/IOpinions.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice No more than a set share of an auditor's fees comes from one party, whoever picked the auditor.
contract FeeSharesTest is CommissionFixture {
    uint32 private constant HALF = 500_000;
    uint40 private constant PERIOD = 90 days;

    address private auditor;

    function setUp() public override {
        super.setUp();
        auditor = auditors[0];
        shares.grantRole(shares.MODULE_ROLE(), address(this));
        vm.warp((block.timestamp / PERIOD + 1) * PERIOD);
    }

    /* COUNTING */

    /// @dev Against sums made here: of all fees, of each party's, in this period and the one before.
    function testFuzz_pay_countsAll(uint96[12] memory fees, uint256 picks, bool[12] memory later) public {
        _cap(HALF, 0);
        uint256 total;
        uint256[3] memory from;
        for (uint256 i; i < fees.length; ++i) {
            if (later[i] && i % 4 == 3) {
                skip(PERIOD);
                (total, from) = (0, [uint256(0), 0, 0]);
            }
            uint256 first = picks >> 2 * i & 1;
            vm.expectEmit(address(shares));
            emit IFeeShares.FeeCounted(
                auditor, address(paymentToken), IFeeShares.Stage.Paid, fees[i], _two(first)
            );
            shares.count(IFeeShares.Stage.Paid, auditor, _two(first), address(paymentToken), fees[i]);
            total += fees[i];
            from[first] += fees[i];
            from[2] += fees[i];
        }
        for (uint256 i; i < 3; ++i) {
            (uint256 fromParty, uint256 found) = shares.feesOf(auditor, _party(i), address(paymentToken));
            assertEq(found, total);
            assertEq(fromParty, from[i]);
        }
        (, uint256 other) = shares.feesOf(auditor, _party(0), address(stakingToken));
        assertEq(other, 0, "each token by itself");
        (, other) = shares.feesOf(auditors[1], _party(0), address(paymentToken));
        assertEq(other, 0, "each auditor by itself");
    }

    function test_pay_onlyByModules() public {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, auditor, shares.MODULE_ROLE()
        );
        vm.expectRevert(refusal);
        vm.prank(auditor);
        shares.count(IFeeShares.Stage.Paid, auditor, _two(0), address(paymentToken), 1);
    }

    /// @dev Members of one organisation are one party, and its fees count once where two of them are named. Nobody gets
    /// into another's account by calling an organisation like it.
    function test_pay_byOrganisation() public {
        bytes32 named = bytes32(uint256(uint160(rival)));
        address[] memory members = new address[](2);
        members[0] = _memberOf("first member", named);
        members[1] = _memberOf("second member", named);
        shares.count(IFeeShares.Stage.Paid, auditor, members, address(paymentToken), 7);
        for (uint256 i; i < 2; ++i) {
            (uint256 fromParty, uint256 total) = shares.feesOf(auditor, members[i], address(paymentToken));
            assertEq(fromParty, 7);
            assertEq(total, 7);
        }
        (uint256 fromRival,) = shares.feesOf(auditor, rival, address(paymentToken));
        assertEq(fromRival, 0);
    }

    /* THE BOUND */

    function testFuzz_requireWithin(uint96 own, uint96 others, uint96 fee, uint32 ppm, uint96 minVolume)
        public
    {
        ppm = uint32(bound(ppm, 0, 1_000_000));
        _cap(ppm, minVolume);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(developer), address(paymentToken), own);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(rival), address(paymentToken), others);
        uint256 total = uint256(own) + others + fee;
        uint256 fromParty = uint256(own) + fee;
        bool over = own != 0 && ppm != 0 && total >= minVolume && fromParty * 1e6 > total * ppm;
        (address party, uint256 from, uint256 all) =
            shares.overShare(auditor, _one(developer), address(paymentToken), fee, policy.feeShareCap());
        assertEq(party, over ? developer : address(0));
        assertEq(from, over ? fromParty : 0);
        assertEq(all, total);
        if (over) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IFeeShares.FeeShareExceeded.selector, auditor, developer, fromParty, total, ppm
                )
            );
        }
        shares.requireWithin(auditor, _one(developer), address(paymentToken), fee);
    }

    /// @dev A rule of other periods than fees are counted in finds no fees.
    function testFuzz_overShare_ofOtherPeriods(uint40 period) public {
        period = uint40(bound(period, 1 days, 3650 days));
        vm.assume(period != PERIOD);
        _cap(1, 0);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(developer), address(paymentToken), AUDIT_FEE);
        skip(PERIOD / 2);
        IPolicy.ShareCap memory rule = IPolicy.ShareCap(1, period, 0);
        (address party,,) = shares.overShare(auditor, _one(developer), address(paymentToken), 1, rule);
        if (block.timestamp - block.timestamp % period != block.timestamp - block.timestamp % PERIOD) {
            assertEq(party, address(0));
        }
    }

    /// @dev An offer of any size that is accepted makes no room while nobody has paid it, nor after it was taken back;
    /// and as much as it was it counts against who owes it.
    function testFuzz_whatIsNotPaidMakesNoRoom(uint96 owed, uint96 paid, uint96 fee) public {
        _cap(HALF, 0);
        paid = uint96(bound(paid, 1, type(uint96).max));
        _countFee(IFeeShares.Stage.Paid, developer, paid);
        _assertOver(developer, fee, uint256(paid) + fee);
        _countFee(IFeeShares.Stage.Agreed, rival, owed);
        _assertOver(developer, fee, uint256(paid) + fee);
        uint256 all = uint256(owed) + paid + fee;
        bool isOver = owed != 0 && (uint256(owed) + fee) * 1e6 > all * HALF;
        (address over,,) =
            shares.overShare(auditor, _one(rival), address(paymentToken), fee, policy.feeShareCap());
        assertEq(over, isOver ? rival : address(0));
        _countFee(IFeeShares.Stage.Cancelled, rival, owed);
        _assertOver(developer, fee, uint256(paid) + fee);
        (uint256 from,) = shares.feesOf(auditor, rival, address(paymentToken));
        assertEq(from, 0);
    }

    /// @dev What is owed stays owed into the next period, and counts in the one in which it is paid, once.
    function testFuzz_paidInALaterPeriod(uint96 early, uint96 late) public {
        _cap(HALF, 0);
        shares.count(IFeeShares.Stage.Agreed, auditor, _one(developer), address(paymentToken), early);
        skip(PERIOD);
        shares.count(IFeeShares.Stage.Agreed, auditor, _one(developer), address(paymentToken), late);
        (uint256 from, uint256 total) = shares.feesOf(auditor, developer, address(paymentToken));
        assertEq(from, uint256(early) + late);
        assertEq(total, from);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(developer), address(paymentToken), early);
        (from,) = shares.feesOf(auditor, developer, address(paymentToken));
        assertEq(from, uint256(early) + late, "the one is paid, the other is owed");
        (, total) = shares.feesOf(auditor, rival, address(paymentToken));
        assertEq(total, early, "only what is paid is there for all");
        skip(PERIOD);
        (from,) = shares.feesOf(auditor, developer, address(paymentToken));
        assertEq(from, late);
    }

    /// @dev A sum ends at what fits, and nobody's work fails to be paid for it.
    function test_paid_endsAtWhatFits() public {
        for (uint256 i; i < 300; ++i) {
            shares.count(
                IFeeShares.Stage.Paid, auditor, _one(developer), address(paymentToken), type(uint96).max
            );
        }
        (uint256 from, uint256 total) = shares.feesOf(auditor, developer, address(paymentToken));
        assertEq(from, type(uint104).max);
        assertEq(total, type(uint104).max);
    }

    /* AUDITS */

    /// @dev All auditors live off the customer: none of them is drawn, by the rule of the opening.
    function test_draw_passesOverWhoWouldLiveOffAParty() public {
        _cap(HALF, 2 * AUDIT_FEE);
        for (uint256 i; i < auditors.length; ++i) {
            shares.count(IFeeShares.Stage.Paid, auditors[i], _one(customer), address(paymentToken), AUDIT_FEE);
        }
        uint256 id = _toAudit();
        _cap(0, 0);
        market.advance(id);
        vm.roll(block.number + 3);
        vm.recordLogs();
        market.advance(id);
        assertTrue(_passedOver(customer, 2 * AUDIT_FEE, 2 * AUDIT_FEE), "said, with the figures");
        address[] memory seats = _auditorsOf(lens.commission(id).auditId);
        assertEq(seats[0], regulator, "who had no fees yet");
        assertEq(seats[1], address(0));
        assertEq(seats[2], address(0));
    }

    /// @dev No rule of later, however strict, keeps auditors from a deal that is open.
    function test_draw_byTheRuleOfTheOpening() public {
        uint256 id = _toAudit();
        for (uint256 i; i < auditors.length; ++i) {
            shares.count(IFeeShares.Stage.Paid, auditors[i], _one(customer), address(paymentToken), AUDIT_FEE);
        }
        _cap(1, 0);
        address[] memory seats = _seatAuditors(id);
        for (uint256 i; i < seats.length; ++i) {
            assertNotEq(seats[i], address(0));
        }
    }

    /// @dev No fee is so high that it finds no auditor: nobody lives off a single engagement.
    function testFuzz_draw_aFirstFeeIsNotAsked(uint96 fee) public {
        _cap(300_000, 1);
        for (uint256 i; i < auditors.length; ++i) {
            shares.count(IFeeShares.Stage.Paid, auditors[i], _one(rival), address(paymentToken), AUDIT_FEE);
        }
        ICommissionMarket.Request memory request = _request();
        request.auditFee = uint96(bound(fee, AUDIT_FEE, 100 * AUDIT_FEE));
        request.riskClass = AUDITED;
        _fund(customer, paymentToken, 1e6 * uint256(AUDIT_FEE), address(market));
        address[] memory seats = _seatAuditors(_toAudit(request, "model"));
        for (uint256 i; i < seats.length; ++i) {
            assertNotEq(seats[i], address(0));
        }
    }

    /// @dev Fees from others make room: the same audit is filled.
    function test_draw_takesWhoEarnsElsewhere() public {
        _cap(HALF, 2 * AUDIT_FEE);
        for (uint256 i; i < auditors.length; ++i) {
            shares.count(IFeeShares.Stage.Paid, auditors[i], _one(customer), address(paymentToken), AUDIT_FEE);
            shares.count(
                IFeeShares.Stage.Paid, auditors[i], _one(rival), address(paymentToken), 2 * AUDIT_FEE
            );
        }
        (, address[] memory seats) = _toAuditing();
        for (uint256 i; i < seats.length; ++i) {
            assertNotEq(seats[i], address(0));
            uint256 before = i == 0 ? 0 : AUDIT_FEE; // the regulator's are its first
            _assertFees(seats[i], customer, before + AUDIT_FEE);
            _assertFees(seats[i], developer, AUDIT_FEE);
        }
    }

    /// @dev Taken out of the modules, the registry seats auditors all the same: no deal hangs on this.
    function test_draw_whenRetired() public {
        shares.revokeRole(shares.MODULE_ROLE(), address(audits));
        (, address[] memory seats) = _toAuditing();
        assertNotEq(seats[1], address(0));
        _assertFees(seats[1], customer, 0);
    }

    /// @dev Whoever seats with little gas either fails, or has the fees counted.
    function testFuzz_draw_countsWithAnyGas(uint256 gas_) public {
        uint256 id = _toAudit();
        uint256 auditId = lens.commission(id).auditId;
        market.advance(id);
        vm.roll(block.number + 3);
        (bool done,) =
            address(audits).call{gas: bound(gas_, 50_000, 1_200_000)}(abi.encodeCall(audits.seat, (auditId)));
        address[] memory seats = _auditorsOf(auditId);
        for (uint256 i; i < seats.length; ++i) {
            if (!done) assertEq(seats[i], address(0));
            else _assertFees(seats[i], customer, AUDIT_FEE);
        }
    }

    /* OPINIONS */

    /// @dev By asking, by naming another, by accepting; the asker's share counts as the parties' do.
    function test_opinions_byEveryPath() public {
        uint256 id = _toChallenge();
        _fund(third, paymentToken, FUNDS, address(opinions));
        _cap(HALF, 2 * AUDIT_FEE);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(rival), address(paymentToken), AUDIT_FEE);
        uint256 first = _ask(id, auditor);
        _accept(first, auditor); // half of all, now of the customer, of the developer and of the asker
        _assertFees(auditor, third, AUDIT_FEE);

        bytes memory refusal = abi.encodeWithSelector(
            IFeeShares.FeeShareExceeded.selector, auditor, developer, 2 * AUDIT_FEE, 3 * AUDIT_FEE, HALF
        );
        IOpinions.Offer memory offer = _offer(id, auditor);
        vm.prank(third);
        vm.expectRevert(refusal);
        opinions.ask(offer);
        _cap(1_000_000, 0);
        uint256 second = _ask(id, auditors[1]);
        uint256 waiting = _ask(id, auditor);
        _cap(HALF, 2 * AUDIT_FEE);
        vm.prank(third);
        vm.expectRevert(refusal);
        opinions.replace(second, auditor);
        vm.prank(auditor);
        vm.expectRevert(refusal);
        opinions.accept(waiting);
    }

    /// @dev Accepted, and never written: taken back or given to another, it is as if it had not been agreed.
    function testFuzz_opinions_whatIsNotWrittenDoesNotCount(bool replaced) public {
        uint256 id = _toChallenge();
        _fund(third, paymentToken, FUNDS, address(opinions));
        uint256 opinionId = _ask(id, auditor);
        _accept(opinionId, auditor);
        _assertFees(auditor, third, AUDIT_FEE);
        skip(5 days);
        vm.prank(third);
        if (replaced) opinions.replace(opinionId, auditors[1]);
        else opinions.withdraw(opinionId);
        _assertFees(auditor, third, 0);
        _assertFees(auditor, developer, 0);
        if (!replaced) return;
        vm.prank(third);
        opinions.withdraw(opinionId); // offered and not accepted: nothing was counted
        _assertFees(auditors[1], third, 0);
        _assertFees(auditor, third, 0);
    }

    function test_opinions_writtenOnesArePaid() public {
        uint256 id = _toChallenge();
        _fund(third, paymentToken, FUNDS, address(opinions));
        uint256 opinionId = _ask(id, auditor);
        _accept(opinionId, auditor);
        (, uint256 total) = shares.feesOf(auditor, rival, address(paymentToken));
        assertEq(total, 0, "owed");
        vm.prank(auditor);
        opinions.post(opinionId, true, "report");
        (, total) = shares.feesOf(auditor, rival, address(paymentToken));
        assertEq(total, AUDIT_FEE);
        _assertFees(auditor, third, AUDIT_FEE);
    }

    /// @dev Taken out of the modules, opinions are paid and taken back all the same: no money hangs on this.
    function testFuzz_opinions_whenRetired(bool written) public {
        uint256 id = _toChallenge();
        _fund(third, paymentToken, FUNDS, address(opinions));
        uint256 opinionId = _ask(id, auditor);
        _accept(opinionId, auditor);
        shares.revokeRole(shares.MODULE_ROLE(), address(opinions));
        if (written) {
            vm.prank(auditor);
            opinions.post(opinionId, true, "report");
            assertEq(_paid(auditor), AUDIT_FEE);
        } else {
            skip(5 days);
            vm.prank(third);
            opinions.withdraw(opinionId);
            assertEq(_paid(third), FUNDS + BOND);
        }
    }

    /// @dev The asker alone may be whom the auditor lives off.
    function test_opinions_theAskerCounts() public {
        uint256 id = _toChallenge();
        _fund(third, paymentToken, FUNDS, address(opinions));
        _cap(HALF, 2 * AUDIT_FEE);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(rival), address(paymentToken), AUDIT_FEE);
        shares.count(IFeeShares.Stage.Paid, auditor, _one(third), address(paymentToken), AUDIT_FEE);
        IOpinions.Offer memory offer = _offer(id, auditor);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFeeShares.FeeShareExceeded.selector, auditor, third, 2 * AUDIT_FEE, 3 * AUDIT_FEE, HALF
            )
        );
        vm.prank(third);
        opinions.ask(offer);
    }

    /* INTERNAL */

    function _cap(uint32 ppm, uint96 minVolume) private {
        policy.setFeeShareCap(IPolicy.ShareCap(ppm, PERIOD, minVolume));
    }

    function _party(uint256 index) private view returns (address) {
        return [developer, rival, customer][index];
    }

    /// @dev One of two developers, and the customer.
    function _two(uint256 first) private view returns (address[] memory parties) {
        parties = new address[](2);
        (parties[0], parties[1]) = (_party(first), customer);
    }

    function _one(address party) private pure returns (address[] memory parties) {
        parties = new address[](1);
        parties[0] = party;
    }

    function _memberOf(string memory name, bytes32 organisation) private returns (address account) {
        account = makeAddr(name);
        vm.prank(account);
        registry.register(
            IParticipantRegistry.Registration({
                primaryRole: IParticipantRegistry.Role.Developer,
                secondaryRoles: 0,
                jurisdiction: 1,
                domains: 1,
                organisation: organisation,
                encryptionKey: keccak256(bytes(name))
            })
        );
    }

    function _offer(uint256 id, address by) private view returns (IOpinions.Offer memory) {
        return IOpinions.Offer({
            market: market,
            dealId: uint48(id),
            subject: "model",
            auditor: by,
            token: address(paymentToken),
            fee: AUDIT_FEE,
            window: 5 days
        });
    }

    function _ask(uint256 id, address by) private returns (uint256) {
        vm.prank(third);
        return opinions.ask(_offer(id, by));
    }

    function _accept(uint256 opinionId, address by) private {
        vm.prank(by);
        opinions.accept(opinionId);
    }

    function _countFee(IFeeShares.Stage stage, address party, uint96 fee) private {
        shares.count(stage, auditor, _one(party), address(paymentToken), fee);
    }

    /// @dev All that the auditor is paid comes from the party.
    function _assertOver(address party, uint96 fee, uint256 all) private view {
        (address over, uint256 from, uint256 total) =
            shares.overShare(auditor, _one(party), address(paymentToken), fee, policy.feeShareCap());
        assertEq(over, party);
        assertEq(from, all);
        assertEq(total, all);
    }

    function _assertFees(address by, address party, uint256 fees) private view {
        (uint256 fromParty,) = shares.feesOf(by, party, address(paymentToken));
        assertEq(fromParty, fees, "fees from the party");
    }

    /// @dev Whether the draw said so of every auditor that it looked at.
    function _passedOver(address party, uint256 fromParty, uint256 total) private returns (bool found) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IAuditRegistry.CandidateOverShare.selector) continue;
            assertEq(logs[i].topics[3], bytes32(uint256(uint160(party))));
            assertEq(logs[i].data, abi.encode(fromParty, total));
            found = true;
        }
    }
}
