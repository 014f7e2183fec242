// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";

/// @notice Takes a hundredth of what is transferred, from what arrives.
contract FeeToken is ERC20("Fee", "FEE") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : amount / 100;
        if (fee != 0) super._update(from, address(0), fee);
        super._update(from, to, amount - fee);
    }
}

/// @notice Answers `false` and moves nothing while it is sulking.
contract FalseToken is ERC20("False", "FLS") {
    bool public sulking;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function sulk(bool on) external {
        sulking = on;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !sulking && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !sulking && super.transferFrom(from, to, amount);
    }
}

/// @notice In the middle of each transfer, an accomplice with a balance of its own calls back into the escrow.
contract ReentrantToken is ERC20("Reentrant", "RE") {
    IEscrow private immutable _ESCROW;
    bytes private _callback;
    bytes public answer;
    bool public entered;

    constructor(IEscrow escrow) {
        _ESCROW = escrow;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Makes this contract a depositor, and pays for deposits from within.
    function becomeDepositor(uint256 amount) external {
        _mint(address(this), 2 * amount);
        _approve(address(this), address(_ESCROW), type(uint256).max);
        _ESCROW.deposit(address(this), amount, address(this));
    }

    function arm(bytes calldata callback) external {
        _callback = callback;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_callback.length == 0 || from == address(0)) return;
        bytes memory callback = _callback;
        delete _callback;
        (entered, answer) = address(_ESCROW).call(callback);
    }
}
