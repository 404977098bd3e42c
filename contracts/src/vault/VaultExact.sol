// SPDX-License-Identifier: Apache-2.0
// `exact` payments: one signed transfer that arrives as held, and is captured by a batch or goes back.
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {VaultBase} from "./VaultBase.sol";

/// The bytes form of EIP-3009's transfer.
interface ITransferWithAuthorization {
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}

abstract contract VaultExact is VaultBase {
    /// An `exact` payment that waits for its receipt to be witnessed.
    struct Held {
        address payer;
        uint40 returnableAt;
        uint128 amount;
    }

    /// How much of a held payment a batch captures; the rest can go back at once.
    struct Capture {
        bytes32 id;
        uint128 amount;
    }

    /// Held payments by keccak256(abi.encode(payer, authorization nonce)).
    mapping(bytes32 id => Held) public held;

    event ExactHeld(bytes32 indexed id, address indexed payer, bytes32 nonce, uint128 amount);
    event ExactCaptured(bytes32 indexed id, uint128 amount);
    event ExactReturned(bytes32 indexed id, address indexed payer, uint128 amount);

    error NothingHeld(bytes32 id);
    error CapturesTooMuch(bytes32 id, uint128 held);

    /// Executes a payer's signed transfer to the vault, and holds what arrives for that payer. Anybody may bring it.
    function acceptExact(
        address payer,
        uint128 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 id) {
        id = keccak256(abi.encode(payer, nonce));
        require(value > 0 && payer != address(0), NothingToPay());
        held[id] = Held(payer, uint40(block.timestamp) + hold, value);
        liabilities += value;
        emit ExactHeld(id, payer, nonce, value);
        // The token uses a nonce once, so one id is never held twice.
        ITransferWithAuthorization(address(token)).transferWithAuthorization(
            payer, address(this), value, validAfter, validBefore, nonce, signature
        );
        _requireBacked();
    }

    /// Gives a held payment back to its payer: by the settler at once, by anybody once the hold is over.
    function returnExact(bytes32 id) external nonReentrant {
        Held memory payment = held[id];
        require(payment.payer != address(0), NothingHeld(id));
        require(
            msg.sender == settler || block.timestamp >= payment.returnableAt, TooEarly(payment.returnableAt)
        );
        delete held[id];
        emit ExactReturned(id, payment.payer, payment.amount);
        _pay(payment.payer, payment.amount);
    }

    /// @return captured the sum that stops being owed to payers
    function _capture(Capture[] calldata captures) internal returns (uint128 captured) {
        for (uint256 i = 0; i < captures.length; ++i) {
            Capture calldata capture = captures[i];
            Held storage payment = held[capture.id];
            require(payment.payer != address(0), NothingHeld(capture.id));
            require(capture.amount <= payment.amount, CapturesTooMuch(capture.id, payment.amount));
            captured += capture.amount;
            emit ExactCaptured(capture.id, capture.amount);
            if (capture.amount == payment.amount) {
                delete held[capture.id];
            } else {
                payment.amount -= capture.amount;
                payment.returnableAt = uint40(block.timestamp);
            }
        }
    }
}
