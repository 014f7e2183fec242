// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {KeySale} from "../kernel/KeyMarkets.sol";
import {CaseFile} from "./CaseFile.sol";

/// @notice Random sales against `benchmarks/reference/keyexchange.py`: right and wrong keys, honest and changed
/// deliveries and refutations, and which of them is refused with which error.
contract DeliveryDifferentialTest is CaseFile {
    struct DeliveryCase {
        uint256 deal;
        bytes32 keyHash;
        KeyExchange.Point recipient;
        KeyExchange.Delivery delivery;
        KeyExchange.Possession possession;
        KeyExchange.Refutation refutation;
        bytes32[3] errors; // the selectors that buying, delivering and refuting are expected to revert with, 0 if none
    }

    KeySale private _market;

    function setUp() public {
        address at = 0x5FbDB2315678afecb367f032d93F642f64180aa3; // as the cases name it
        deployCodeTo("KeyMarkets.sol:KeySale", at);
        _market = KeySale(at);
    }

    /// forge-config: default.isolate = false
    function test_matchesTheReference() public {
        _playAll("delivery");
    }

    function _play(bytes memory encoded) internal override {
        DeliveryCase memory c = abi.decode(encoded, (DeliveryCase));
        try _market.buy(c.deal, address(this), c.keyHash, c.recipient) {
            assertEq(c.errors[0], 0, _says("bought"));
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), bytes4(c.errors[0]), _says("not bought"));
            return;
        }
        try _market.deliver(c.deal, c.delivery, c.possession) {
            assertEq(c.errors[1], 0, _says("delivered"));
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), bytes4(c.errors[1]), _says("not delivered"));
            return;
        }
        try _market.refute(c.deal, c.recipient, c.delivery, c.refutation) {
            assertEq(c.errors[2], 0, _says("refuted"));
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), bytes4(c.errors[2]), _says("not refuted"));
        }
    }
}
