// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionRules} from "../../../contracts/interfaces/ICommissionRules.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionBase} from "../../../contracts/market/CommissionBase.sol";
import {CommissionMarket} from "../../../contracts/market/CommissionMarket.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {PromisesFixture} from "./PromisesFixture.sol";

/// @notice Every deal that Policy forbids is tried by every path that could lead to it: opening, quoting, committing on
/// the auction itself, through a multicall, in another market of the same Policy, after a retirement, in an auction of
/// one's own, under another name.
contract PolicyPathsTest is PromisesFixture {
    CommissionMarket private _second; // authorised beside the first
    address private _foreign; // a developer of a jurisdiction that will be blocked

    function setUp() public override {
        super.setUp();
        _second = new CommissionMarket(_marketModules());
        escrow.authorise(address(_second));
        registry.grantRole(registry.MODULE_ROLE(), address(_second));
        vm.prank(customer);
        escrow.setOperator(address(_second), address(paymentToken), true);
        policy.addJurisdiction("CN");
        _foreign = _developerIn(2, "foreign", 0);
    }

    /* BLOCKED JURISDICTION */

    function test_blockedJurisdiction_byEveryPath() public {
        policy.setJurisdictionRule(1, 1, 1 << 2);
        bytes memory refusal =
            abi.encodeWithSelector(IParticipantRegistry.JurisdictionBlocked.selector, _foreign, uint8(2));
        uint256 id = _open(_request());
        uint256 own = lens.commission(id).auctionId;
        uint256 other = _auctionOfSecond();
        _refusedToCommit(own, _foreign, refusal);
        _refusedToCommit(other, _foreign, refusal);

        escrow.retire(address(market)); // the deal goes on, and so does its rule
        _refusedToCommit(own, _foreign, refusal);
        policy.setJurisdictionRule(1, 1, 0); // lifted for deals to come
        _refusedToCommit(own, _foreign, refusal);

        // it cannot change where it comes from
        vm.startPrank(_foreign);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.AlreadyRegistered.selector, _foreign));
        registry.register(_registration(1));
        registry.changeRoles(CUSTOMER, uint8(1) << uint8(DEVELOPER));
        vm.stopPrank();
        _refusedToCommit(own, _foreign, refusal);
        // nor reveal a bid that it was not let commit to
        vm.warp(lens.commission(id).request.commitEnds);
        vm.expectRevert(abi.encodeWithSelector(IVickreyAuction.NothingToReveal.selector, own, _foreign));
        vm.prank(_foreign);
        auctions.reveal(own, 1, "salt");
    }

    /// @dev The registry's and the escrow's multicalls call only themselves.
    function test_blockedJurisdiction_notByMulticall() public {
        policy.setJurisdictionRule(1, 1, 1 << 2);
        uint256 auctionId = lens.commission(_open(_request())).auctionId;
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(auctions.commit, (auctionId, keccak256("bid")));
        vm.startPrank(_foreign);
        vm.expectRevert();
        registry.multicall(calls);
        vm.expectRevert();
        escrow.multicall(calls);
        vm.stopPrank();
    }

    /// @dev Any set of jurisdictions, and no other, is kept out.
    function testFuzz_blockedJurisdiction_exactlyThose(uint256 blocked) public {
        policy.setJurisdictionRule(1, 1, blocked);
        uint256 auctionId = lens.commission(_open(_request())).auctionId;
        address[2] memory bidders = [developer, _foreign];
        for (uint8 i; i < 2; ++i) {
            bool refused = blocked >> (i + 1) & 1 != 0;
            if (refused) vm.expectPartialRevert(IParticipantRegistry.JurisdictionBlocked.selector);
            vm.prank(bidders[i]);
            auctions.commit(auctionId, keccak256("bid"));
        }
    }

    /// @dev The rule is of the customer's jurisdiction: a customer of another one is served.
    function test_blockedJurisdiction_onlyOfThatCustomer() public {
        policy.setJurisdictionRule(1, 2, 1 << 2);
        uint256 auctionId = lens.commission(_open(_request())).auctionId;
        vm.prank(_foreign);
        auctions.commit(auctionId, keccak256("bid"));
    }

    /* SHARE CAP */

    function test_overTheShareCap_byEveryPath() public {
        policy.setShareCap(1, IPolicy.ShareCap(500_000, 365 days, RESERVE / 4));
        uint256 before = _open(_request());
        _award(_open(_request()), RESERVE / 2); // all of the period's value is now the developer's
        (uint96 own, uint96 total) = market.awarded(1, developer);
        assertEq(own, total);
        bytes memory refusal =
            abi.encodeWithSelector(ICommissionMarket.ShareCapExceeded.selector, developer, own, total / 2);
        ICommissionMarket.Request memory request = _request();
        uint256 id = _open(request);
        _fund(developer, paymentToken, BOND, address(auctions));
        _refusedToCommit(lens.commission(id).auctionId, developer, refusal);
        escrow.retire(address(market));
        _refusedToCommit(lens.commission(id).auctionId, developer, refusal);
        policy.setShareCap(1, IPolicy.ShareCap(0, 0, 0)); // for deals to come
        _refusedToCommit(lens.commission(id).auctionId, developer, refusal);
        assertEq(uint8(market.stateOf(before)), uint8(ICommissionMarket.State.Revealing));
        // a rival is let in
        _fund(third, paymentToken, BOND, address(auctions));
        _bid(id, third, 1);
    }

    /// @dev Volume is what deals of all risk classes and tokens of a domain were awarded at, never what was offered.
    function testFuzz_shareCap_onlyAbove(uint32 capPpm, uint96 minVolume) public {
        capPpm = uint32(bound(capPpm, 1, 1e6));
        policy.setShareCap(1, IPolicy.ShareCap(capPpm, 365 days, minVolume));
        _award(_open(_request()), RESERVE / 2);
        (uint96 own, uint96 total) = market.awarded(1, developer);
        uint256 auctionId = lens.commission(_open(_request())).auctionId;
        _fund(developer, paymentToken, BOND, address(auctions));
        bool over = total >= minVolume && own > uint256(total) * capPpm / 1e6;
        if (over) vm.expectPartialRevert(ICommissionMarket.ShareCapExceeded.selector);
        vm.prank(developer);
        auctions.commit(auctionId, keccak256("bid"));
    }

    /* RISK CLASS, TOKEN, DOMAIN, JURISDICTION OF THE CUSTOMER */

    function test_unknownRiskClass_byEveryPath() public {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = 77;
        _refusedEverywhere(request, abi.encodeWithSelector(IPolicy.UnknownRiskClass.selector, 77));
        _open(_request()); // withdrawn after a copy of its rules was kept
        policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(false, 0, false, false, 0, false));
        _refusedEverywhere(_request(), abi.encodeWithSelector(IPolicy.UnknownRiskClass.selector, UNAUDITED));
    }

    /// @dev Where a third party's test has to be passed, nothing opens before there is one.
    function test_noTestSet_byEveryPath() public {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = 3;
        policy.setRiskClass(3, IPolicy.RiskClass(true, 1, false, false, 0, true));
        _refusedEverywhere(request, abi.encodeWithSelector(IPolicy.NoConformitySet.selector, 1));
        policy.setConformitySet(1, 7);
        _open(request);
        policy.setConformitySet(1, 0); // withdrawn after a copy of the rules was kept
        _refusedEverywhere(request, abi.encodeWithSelector(IPolicy.NoConformitySet.selector, 1));
    }

    function test_disallowedToken_byEveryPath() public {
        TestToken other = new TestToken("Other", "OTH", 18);
        ICommissionMarket.Request memory request = _request();
        request.token = address(other);
        _refusedEverywhere(request, abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, other));
        _open(_request());
        IPolicy.PanelTier[] memory tiers = policy.panelTiers(address(paymentToken));
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 0, 0, 0), tiers);
        _refusedEverywhere(_request(), abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, paymentToken));
    }

    function test_unknownDomain_byEveryPath() public {
        ICommissionMarket.Request memory request = _request();
        request.domain = 9;
        _refusedEverywhere(request, abi.encodeWithSelector(IPolicy.UnknownDomain.selector, 9));
        request.domain = 0;
        _refusedEverywhere(request, abi.encodeWithSelector(IPolicy.UnknownDomain.selector, 0));
    }

    /// @dev Who has not registered in a jurisdiction is no customer.
    function test_customerOfNowhere_byEveryPath() public {
        address nobody = makeAddr("nobody");
        bytes memory refusal =
            abi.encodeWithSelector(IParticipantRegistry.RoleRequired.selector, nobody, uint8(CUSTOMER));
        vm.startPrank(nobody);
        vm.expectRevert(refusal);
        market.open(_request());
        vm.expectRevert(refusal);
        _second.open(_request());
        vm.expectPartialRevert(IParticipantRegistry.UnknownJurisdiction.selector);
        registry.register(_registration(3));
    }

    /* HALTED */

    function test_halted_byEveryPath() public {
        _open(_request());
        vm.prank(address(governor));
        policy.halt();
        bytes memory refusal = abi.encodeWithSelector(IPolicy.MarketHalted.selector, policy.haltedUntil());
        _refusedEverywhere(_request(), refusal);
        ICommissionMarket.Request memory audited = _request();
        audited.riskClass = AUDITED;
        _refusedEverywhere(audited, refusal);
    }

    /* MARKETS THAT MAY NOT DEAL */

    /// @dev A market that governance did not authorise, or retired, opens nothing.
    function test_unauthorisedMarkets_openNothing() public {
        escrow.retire(address(_second));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, address(_second)));
        vm.prank(customer);
        _second.open(_request());
        CommissionMarket wild = new CommissionMarket(_marketModules());
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ModuleNotAuthorised.selector, address(wild)));
        vm.prank(customer);
        wild.open(_request());
    }

    /// @dev An auction of one's own takes any bidder, and is no deal: the market does not know it, and no panel can be
    /// put to it.
    function test_ownAuctions_areNoDeals() public {
        policy.setJurisdictionRule(1, 1, 1 << 2);
        IVickreyAuction.Terms memory terms;
        (terms.reserve, terms.winners) = (RESERVE, 1);
        (terms.commitEnds, terms.revealEnds) =
        (uint40(block.timestamp + 1 days), uint40(block.timestamp + 2 days));
        vm.prank(customer);
        uint256 auctionId = auctions.open(1, terms);
        vm.prank(_foreign);
        auctions.commit(auctionId, keccak256("bid"));
        assertEq(market.commissionCount(), 0);
        vm.expectRevert(abi.encodeWithSelector(ICommissionMarket.UnknownCommission.selector, 1));
        market.advance(1);
        (uint96 own,) = market.awarded(1, _foreign);
        assertEq(own, 0);
    }

    /* HELP */

    function _refusedEverywhere(ICommissionMarket.Request memory request, bytes memory refusal) private {
        ICommissionRules rules = _second.requestRules();
        vm.startPrank(customer);
        vm.expectRevert(refusal);
        market.open(request);
        vm.expectRevert(refusal);
        lens.quote(request, customer);
        vm.expectRevert(refusal);
        _second.open(request);
        vm.expectRevert(refusal);
        rules.quote(request, customer);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(market.open, (request));
        vm.expectRevert();
        escrow.multicall(calls);
        vm.expectRevert();
        registry.multicall(calls);
        vm.stopPrank();
    }

    function _refusedToCommit(uint256 auctionId, address bidder, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(bidder);
        auctions.commit(auctionId, keccak256("bid"));
    }

    function _auctionOfSecond() private returns (uint256) {
        vm.prank(customer);
        return uint256(uint160(address(_second))) << 96 | _second.open(_request());
    }

    function _developerIn(uint8 jurisdiction, string memory name, bytes32 organisation)
        private
        returns (address account)
    {
        account = makeAddr(name);
        IParticipantRegistry.Registration memory registration = _registration(jurisdiction);
        registration.organisation = organisation;
        vm.prank(account);
        registry.register(registration);
        _fund(account, paymentToken, BOND, address(auctions));
    }

    function _registration(uint8 jurisdiction)
        private
        pure
        returns (IParticipantRegistry.Registration memory)
    {
        return IParticipantRegistry.Registration({
            primaryRole: DEVELOPER,
            secondaryRoles: 0,
            jurisdiction: jurisdiction,
            domains: 1,
            organisation: 0,
            encryptionKey: keccak256("key")
        });
    }
}
