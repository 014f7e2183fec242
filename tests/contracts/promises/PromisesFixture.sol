// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {DisputeFixture} from "../dispute/DisputeFixture.sol";
import {CommissionFixture} from "../CommissionFixture.sol";
import {MarketFixture} from "../MarketFixture.sol";
import {GovernanceFixture} from "../policy/GovernanceFixture.sol";

/// @notice The market under a governance that is nobody else: no module, no participant, no holder of money.
abstract contract PromisesFixture is DisputeFixture, GovernanceFixture {
    address internal governance = makeAddr("governance");

    function setUp() public virtual override(CommissionFixture, MarketFixture) {
        super.setUp();
        _deployGovernance();
    }

    /// @dev Hands over every key that the test contract had for setting the market up.
    function _handOver() internal {
        escrow.retire(address(this));
        bytes32 module = staking.MODULE_ROLE();
        staking.revokeRole(module, address(this));
        rounds.revokeRole(module, address(this));
        registry.revokeRole(module, address(this));
        registry.grantRole(registry.ACCREDITOR_ROLE(), governance);
        AccessControl[9] memory governed = _governed();
        for (uint256 i; i < governed.length; ++i) {
            bytes32 admin = governed[i].DEFAULT_ADMIN_ROLE();
            governed[i].grantRole(admin, governance);
            governed[i].renounceRole(admin, address(this));
        }
    }

    function _governed() internal view returns (AccessControl[9] memory) {
        return [
            AccessControl(address(policy)),
            AccessControl(address(registry)),
            AccessControl(address(escrow)),
            AccessControl(address(staking)),
            AccessControl(address(models)),
            AccessControl(address(reputation)),
            AccessControl(address(shares)),
            AccessControl(address(rounds)),
            AccessControl(address(goods))
        ];
    }

    /// @dev Withdraws what every module was ever allowed.
    function _retireEverything() internal {
        bytes32 module = staking.MODULE_ROLE();
        address[14] memory modules = [
            address(market),
            address(auctions),
            address(staking),
            address(oracle),
            address(rounds),
            address(audits),
            address(court),
            address(conformity),
            address(goods),
            address(licences),
            address(trials),
            address(sales),
            address(pledges),
            address(lineageClaims)
        ];
        for (uint256 i; i < modules.length; ++i) {
            if (escrow.isAuthorised(modules[i])) escrow.retire(modules[i]);
            staking.revokeRole(module, modules[i]);
            rounds.revokeRole(module, modules[i]);
            registry.revokeRole(module, modules[i]);
            models.revokeRole(module, modules[i]);
            shares.revokeRole(module, modules[i]);
            goods.revokeRole(module, modules[i]);
        }
    }

    /// @dev All money in escrow: balances of all accounts in both tokens, and the holds of two deals and of every bond.
    function _books() internal view returns (uint256[] memory books) {
        books = new uint256[](200);
        uint256 next;
        address[8] memory parties =
            [customer, developer, rival, third, treasury, regulator, escrow.BURN_ADDRESS(), address(this)];
        for (uint256 i; i < parties.length; ++i) {
            next = _write(books, next, parties[i]);
        }
        for (uint256 i; i < validators.length; ++i) {
            next = _write(books, next, validators[i]);
        }
        for (uint256 i; i < auditors.length; ++i) {
            next = _write(books, next, auditors[i]);
        }
        for (uint256 id = 1; id <= 2; ++id) {
            books[next++] = _heldBy(address(market), paymentToken, id);
            uint256 auctionId = uint256(uint160(address(market))) << 96 | id;
            books[next++] = _heldBy(address(auctions), paymentToken, auctionId);
        }
        books[next++] = paymentToken.balanceOf(address(escrow));
        books[next++] = stakingToken.balanceOf(address(escrow));
    }

    function _write(uint256[] memory books, uint256 next, address account) private view returns (uint256) {
        books[next++] = _balance(account, paymentToken);
        books[next++] = _balance(account, stakingToken);
        books[next++] = _heldBy(address(staking), stakingToken, uint160(account));
        books[next++] = _heldBy(address(audits), stakingToken, uint160(account));
        return next;
    }

    function _heldBy(address module, TestToken token, uint256 id) internal view returns (uint256) {
        return escrow.held(module, address(token), bytes32(id));
    }

    /* TO A GOOD END */

    /// @dev In the given of the states from the draw of its panel to the challenge.
    function _withPanel(uint256 which) internal returns (uint256 id) {
        if (which == 0) return _toGranting();
        if (which == 1) return _toAttesting();
        if (which == 2) return _toBuilding();
        if (which == 3) return _toEvaluating();
        if (which == 4) (id,) = _toAuditing();
        if (which == 5) id = _toDelivering();
        if (which == 6) id = _toChallenge();
    }

    /// @dev From any state: everybody does what is due.
    function _finish(uint256 id, bytes32 manifest) internal {
        ICommissionMarket.State state = market.stateOf(id);
        if (state == ICommissionMarket.State.Bidding) {
            _award(id, RESERVE / 2);
        } else if (state == ICommissionMarket.State.Attesting) {
            if (rounds.roundOf(_panelOf(id)).state == IRounds.State.Drawing) _seatPanel(id);
            if (rounds.roundOf(_panelOf(id)).state == IRounds.State.Granting) _grantData(id);
            _answer(id, _says(IValidationOracle.ReportStatus.Answered));
            market.advance(id);
        } else if (state == ICommissionMarket.State.Building) {
            _submit(id, manifest);
        } else if (state == ICommissionMarket.State.Evaluating) {
            _evaluate(id, THRESHOLD);
        } else if (state == ICommissionMarket.State.Auditing) {
            _postAll(id, true);
            market.advance(id);
        } else if (state == ICommissionMarket.State.Delivering) {
            _deliver(id);
        } else {
            return _settle(id, manifest);
        }
        _finish(id, manifest);
    }
}
