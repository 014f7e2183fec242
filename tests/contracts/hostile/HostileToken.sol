// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TestToken} from "../../../contracts/test/TestToken.sol";

/// @notice A token that can be told to misbehave in every way at once: to refuse one account, to answer `false`, to
/// take a fee, to call whatever it likes in the middle of a transfer.
contract HostileToken is TestToken("Hostile", "HOST", 18) {
    address public refused;
    bool public sulks;
    uint256 public feePpm;
    address private _target;
    bytes private _callback;
    bool public entered;
    bytes public answer;

    function refuse(address account) external {
        refused = account;
    }

    function sulk(bool on) external {
        sulks = on;
    }

    function takeFee(uint256 ppm) external {
        feePpm = ppm;
    }

    function callBack(address target, bytes calldata data) external {
        (_target, _callback) = (target, data);
    }

    /// @notice Makes this contract itself a party with money.
    function act(address target, bytes calldata data) external {
        (bool ok,) = target.call(data);
        require(ok, "act");
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !sulks && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !sulks && super.transferFrom(from, to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(to != refused, "refused");
        uint256 fee = from == address(0) ? 0 : amount * feePpm / 1e6;
        if (fee != 0) super._update(from, address(0xFEE), fee);
        super._update(from, to, amount - fee);
        if (_callback.length == 0 || from == address(0)) return;
        bytes memory callback = _callback;
        delete _callback;
        (entered, answer) = _target.call(callback);
    }
}
