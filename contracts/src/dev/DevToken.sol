// SPDX-License-Identifier: Apache-2.0
// The token of development networks: money that anybody may print, so it is worth nothing.
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// ERC-20 with EIP-2612 and EIP-3009, both with (v, r, s) and with bytes signatures, as the tokens of public chains have
/// them. EIP-712 domain: name "Simulated USD", version "1". One unit is a millionth.
contract DevToken is ERC20Permit, ERC3009 {
    constructor() ERC20("Simulated USD", "simUSD") ERC20Permit("Simulated USD") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// The version of the EIP-712 domain; payment libraries ask for it to explain a signature that fails.
    function version() external pure returns (string memory) {
        return "1";
    }

    /// Anybody may mint any amount to anybody. That is why this token is for development only.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// EIP-3009 transfer with a bytes signature: an EOA's 65 bytes, or whatever a contract wallet accepts (ERC-1271).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        bytes32 message =
            keccak256(abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce));
        _requireSigned(from, message, signature);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// EIP-3009 transfer that only its recipient may execute, with a bytes signature.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        require(to == msg.sender, ERC20InvalidReceiver(to));
        bytes32 message =
            keccak256(abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce));
        _requireSigned(from, message, signature);
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// Voids an authorization that was not used, with a bytes signature.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _requireSigned(authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), signature);
        _cancelAuthorization(authorizer, nonce);
    }

    function _requireSigned(address signer, bytes32 message, bytes calldata signature) private view {
        bytes32 digest = _hashTypedDataV4(message);
        require(SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature), ERC3009InvalidSignature());
    }
}
