// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {HostileToken} from "../hostile/HostileToken.sol";
import {TrialFixture} from "./TrialFixture.sol";

/// @notice The model on sale owes its two parents the most that there can be. Who owns them changes all the time:
/// contracts that revert or burn all gas when they are called, an address that nobody has, contracts of the market. The
/// token it is sold for sulks, takes fees, refuses accounts, and calls back; buyers and the seller cannot be called
/// either.
abstract contract HostileMarket is TrialFixture {
    bytes private constant REVERTS = hex"5f5ffd"; // PUSH0, PUSH0, REVERT
    bytes private constant BURNS = hex"5b5f56"; // JUMPDEST, PUSH0, JUMP: for ever
    uint32[2] private _ppm = [200_000, 100_000]; // together the most that is allowed
    uint96[2] private _floors = [7e18 + 1, 15e18 + 1]; // the second is more than its share of the smallest price

    /// @dev What those who are paid for a sale have had before it.
    struct Before {
        address[2] owners; // of the parents
        uint256[2] owned; // base units
        uint256 seller;
        uint256 treasury;
    }

    address[] internal ancestors; // who may own a parent
    uint256 internal paidIn; // of the payment token, by everybody
    uint256 internal paidOut; // that was withdrawn
    HostileToken private _token;
    ILicences.Derivation[] private _rights; // to derive from the parents

    function setUp() public virtual override {
        super.setUp();
        ancestors = [
            makeAddr("reverts"),
            makeAddr("burns gas"),
            escrow.BURN_ADDRESS(),
            address(licences),
            address(_token),
            third
        ];
        vm.etch(ancestors[0], REVERTS);
        vm.etch(ancestors[1], BURNS);
        _giveParent(customer, 0, 0);
        _giveParent(customer, 1, 1);
        address[4] memory parties = [customer, trier, third, treasury];
        for (uint256 i; i < 4; ++i) {
            vm.etch(parties[i], i % 2 == 0 ? REVERTS : BURNS);
        }
        _token.mint(address(_token), FUNDS);
        _token.act(address(_token), abi.encodeCall(_token.approve, (address(escrow), FUNDS)));
        _token.act(
            address(escrow), abi.encodeCall(escrow.deposit, (address(_token), FUNDS / 2, address(_token)))
        );
        _token.act(
            address(escrow), abi.encodeCall(escrow.setOperator, (address(licences), address(_token), true))
        );
    }

    /* PARENTS */

    function _newPaymentToken() internal override returns (TestToken) {
        return _token = new HostileToken();
    }

    function _parent(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("parent", i));
    }

    /// @dev The developer of MODEL has a licence to derive from each.
    function _makeParents() internal override {
        for (uint256 i; i < 2; ++i) {
            _settled(_parent(i), new IModelRegistry.Lineage[](0));
            ILicences.Offer memory o = _offerOf(_parent(i));
            (o.price, o.bond, o.royaltyPpm, o.royaltyFloor) = (0, 0, _ppm[i], _floors[i]);
            uint256 offer = _publish(o);
            ILicences.Terms memory t = _terms(o, customer);
            uint256 saleId = _nextSale(offer, t);
            ILicences.Order memory order = _order(offer, t, 1);
            vm.prank(developer);
            licences.buy(order);
            ILicences.Sale memory sale = _bought(saleId, t, developer, 1);
            _deliverSale(saleId, sale, _sale(saleId));
            _rights.push(ILicences.Derivation(saleId, sale, t));
        }
    }

    function _lineageOf(bytes32 good) internal pure override returns (IModelRegistry.Lineage[] memory list) {
        if (good != MODEL) return list;
        list = new IModelRegistry.Lineage[](2);
        for (uint256 i; i < 2; ++i) {
            list[i] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Model, _parent(i));
        }
    }

    function _rightsOf(bytes32 good) internal view override returns (ILicences.Derivation[] memory list) {
        if (good == MODEL) return _rights;
    }

    function _ownerOfParent(uint256 i) private view returns (address) {
        return goods.ownerOf(goods.goodOf(_parent(i)).tokenId);
    }

    function _giveParent(address from, uint256 i, uint256 to) private {
        uint256 tokenId = goods.goodOf(_parent(i)).tokenId;
        vm.prank(from);
        models.transferFrom(from, ancestors[to % ancestors.length], tokenId);
    }

    /* ACTS */

    function transferParent(uint256 which, uint256 to) external {
        which = which % 2;
        _giveParent(_ownerOfParent(which), which, to);
    }

    function misbehave(uint256 seed) external {
        uint256 how = seed % 6;
        if (how == 0) {
            _token.sulk(false);
            _token.takeFee(0);
            _token.refuse(address(1));
        }
        if (how == 1) _token.sulk(true);
        if (how == 2) _token.takeFee(seed / 6 % 500_000);
        if (how == 3) _token.refuse(seed / 6 % 2 == 0 ? trier : address(escrow));
        if (how > 3) _callBack(seed / 6);
    }

    /// @dev In the middle of the next transfer: for its own money, or to move somebody's deal.
    function _callBack(uint256 seed) private {
        address at = address(escrow);
        bytes memory data = abi.encodeCall(escrow.withdraw, (address(_token), 1));
        if (seed % 4 == 1) data = abi.encodeCall(escrow.deposit, (address(_token), 1, address(_token)));
        if (seed % 4 == 2) (at, data) = (address(trials), abi.encodeCall(trials.advance, (1 + seed % 3)));
        if (seed % 4 == 3) {
            ILicences.Order memory order = _ordered(1);
            order.joining = _joining("token");
            (at, data) = (address(licences), abi.encodeCall(licences.buy, (order)));
        }
        _token.callBack(at, data);
    }

    function _withdraw(uint256 who, uint256 share) internal {
        address[5] memory all = [customer, trier, treasury, developer, ancestors[who / 5 % ancestors.length]];
        address account = all[who % 5];
        uint256 amount = _paid(account) / (8 + share % 8);
        vm.prank(account);
        try escrow.withdraw(address(_token), amount) {
            paidOut += amount;
            // solhint-disable-next-line no-empty-blocks
        } catch {}
    }

    /// @dev As much as arrives, if anything does.
    function _top(address account, address module, uint256 amount) internal {
        deal(address(_token), account, amount);
        vm.startPrank(account);
        _token.approve(address(escrow), amount);
        try escrow.deposit(address(_token), amount, account) returns (uint256 credited) {
            paidIn += credited;
            // solhint-disable-next-line no-empty-blocks
        } catch {}
        escrow.setOperator(module, address(_token), true);
        vm.stopPrank();
    }

    /// @dev An order of what is on offer, whose delivery key is known.
    function _ordered(uint16 seats) internal virtual returns (ILicences.Order memory);

    /* WHAT A SALE PAYS */

    function _beforeSale() internal view returns (Before memory b) {
        for (uint256 i; i < 2; ++i) {
            b.owners[i] = _ownerOfParent(i);
            b.owned[i] = _paid(b.owners[i]);
        }
        (b.seller, b.treasury) = (_paid(customer), _paid(treasury));
    }

    /// @dev Whether a sale has paid everybody to the last unit.
    /// @param besides base units that the seller gets beside the price.
    function _isPaid(Before memory b, uint256 price, uint256 seats, uint256 besides)
        internal
        view
        returns (bool)
    {
        uint256 fee = price * 25_000 / 1e6;
        uint256 first = _due(0, price, seats);
        uint256 second = _due(1, price, seats);
        bool parents = b.owners[0] == b.owners[1]
            ? _paid(b.owners[0]) == b.owned[0] + first + second
            : _paid(b.owners[0]) == b.owned[0] + first && _paid(b.owners[1]) == b.owned[1] + second;
        return parents && _paid(treasury) == b.treasury + fee
            && _paid(customer) == b.seller + price - fee - first - second + besides;
    }

    function _due(uint256 i, uint256 price, uint256 seats) private view returns (uint256) {
        (uint256 share, uint256 least) = (price * _ppm[i] / 1e6, seats * _floors[i]);
        return share > least ? share : least;
    }
}
