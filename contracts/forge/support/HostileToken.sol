// SPDX-License-Identifier: Apache-2.0
// A token that can keep a part of each transfer, shrink balances, and call back into whoever sends.
pragma solidity ^0.8.28;

contract HostileToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    uint256 private kept;
    address private target;
    bytes[] private doors;
    /// Calls back that were refused.
    uint256 public closed;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function burn(address from, uint256 amount) external {
        balanceOf[from] -= amount;
    }

    /// From now on this much of each transfer does not arrive.
    function keep(uint256 amount) external {
        kept = amount;
    }

    /// At the next transfer these calls are made, each of which must fail as reentrant.
    function onTransfer(address target_, bytes[] calldata doors_) external {
        target = target_;
        delete doors;
        for (uint256 i = 0; i < doors_.length; ++i) doors.push(doors_[i]);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function transferWithAuthorization(address from, address to, uint256 value, uint256, uint256, bytes32, bytes calldata)
        external
    {
        _move(from, to, value);
    }

    function _move(address from, address to, uint256 amount) private {
        // Some tokens refuse to move nothing; nothing is nothing to ask for.
        require(amount > 0, "nothing");
        balanceOf[from] -= amount;
        balanceOf[to] += amount - kept;
        bytes[] memory calls = doors;
        delete doors;
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok, bytes memory data) = target.call(calls[i]);
            if (!ok && bytes4(data) == bytes4(keccak256("ReentrancyGuardReentrantCall()"))) ++closed;
        }
    }
}
