// SPDX-License-Identifier: Apache-2.0
// What the registry and the anchor ask of the vault when they are deployed, so that a wrong wiring deploys nothing.
pragma solidity ^0.8.28;

interface IVault {
    function registry() external view returns (address);
    function anchor() external view returns (address);
    function hold() external view returns (uint40);
    function response() external view returns (uint40);
    function veto() external view returns (uint40);
}
