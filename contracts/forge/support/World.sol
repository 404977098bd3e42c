// SPDX-License-Identifier: Apache-2.0
// A small world for tests: the committed artifacts deployed and wired, people with keys, a log, and helpers to sign and post.
pragma solidity ^0.8.28;

import {DevToken} from "../../src/dev/DevToken.sol";
import {IBatchSettlement} from "../../src/interfaces/IBatchSettlement.sol";
import {ICheckpointAnchor} from "../../src/interfaces/ICheckpointAnchor.sol";
import {IStake} from "../../src/interfaces/IStake.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SettlementVault} from "../../src/SettlementVault.sol";
import {ParticipantRegistry} from "../../src/ParticipantRegistry.sol";
import {CheckpointAnchor} from "../../src/CheckpointAnchor.sol";
import {VaultBase} from "../../src/vault/VaultBase.sol";
import {VaultBatches} from "../../src/vault/VaultBatches.sol";
import {VaultExact} from "../../src/vault/VaultExact.sol";
import {Charge, ProvenCharge} from "../../src/lib/Charge.sol";
import {Trees} from "./Trees.sol";
import {Vm} from "./Vm.sol";

abstract contract World {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    IBatchSettlement internal constant settlement = IBatchSettlement(0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003);
    address internal constant COLLECTOR = 0x4020806089470a89826cB9fB1f4059150b550004;
    bytes32 internal constant ORIGIN = keccak256("log of tests");
    uint256 internal constant LOG_SIZE = 300;

    uint40 internal constant HOLD = 1000;
    uint40 internal constant RESPONSE = 100;
    uint40 internal constant VETO = 50;
    uint40 internal constant UNBONDING = 1200;
    uint16 internal constant SLASH_BPS = 5000;
    uint128 internal constant BOND = 7;

    uint256 internal constant PAYER_KEY = 0xA1;
    uint256 internal constant SESSION_KEY = 0xA2;
    uint256 internal constant GATEWAY_KEY = 0xA3;
    uint256 internal constant NODE_KEY = 0xB1;

    DevToken internal token;
    SettlementVault internal vault;
    ParticipantRegistry internal registry;
    CheckpointAnchor internal anchor;

    address internal settler = address(0x5E771E);
    address internal vetoer = address(0xEE70);
    address internal treasury = address(0x7EA5);
    address internal stranger = address(0x57A6);
    address internal payer = vm.addr(PAYER_KEY);
    address internal payer2 = address(0xA9);
    address internal session = vm.addr(SESSION_KEY);
    address internal gateway = vm.addr(GATEWAY_KEY);
    address internal node = vm.addr(NODE_KEY);
    address internal node2 = address(0xB2);

    /// Keys of the witnesses, ascending by address.
    uint256[] internal witnessKeys;
    bytes32[] internal logLeaves;

    function deployWorld() internal {
        deployWorldWith(address(0), BOND);
    }

    /// @param other a token to use in place of the development token; 0 for that one
    function deployWorldWith(address other, uint128 bond) internal {
        vm.warp(1_000_000);
        delete witnessKeys;
        delete logLeaves;
        placeSettlement();
        token = other == address(0) ? DevToken(deploy("DevToken", "")) : DevToken(other);
        _makeWitnesses();
        uint64 nonce = vm.getNonce(address(this));
        address registryAt = vm.computeCreateAddress(address(this), nonce + 1);
        address anchorAt = vm.computeCreateAddress(address(this), nonce + 2);
        vault = SettlementVault(deploy("SettlementVault", abi.encode(setup(registryAt, anchorAt, bond))));
        registry = ParticipantRegistry(
            deploy("ParticipantRegistry", abi.encode(address(token), address(vault), UNBONDING, SLASH_BPS))
        );
        anchor = CheckpointAnchor(deploy("CheckpointAnchor", abi.encode(address(vault), witnesses(), 2)));
        for (uint256 i = 0; i < LOG_SIZE; ++i) logLeaves.push(sha256(abi.encodePacked(bytes1(0), i)));
    }

    function setup(address registryAt, address anchorAt, uint128 bond) internal view returns (VaultBase.Setup memory) {
        return VaultBase.Setup({
            token: IERC20(address(token)),
            settlement: settlement,
            anchor: ICheckpointAnchor(anchorAt),
            registry: IStake(registryAt),
            settler: settler,
            vetoer: vetoer,
            treasury: treasury,
            origin: ORIGIN,
            hold: HOLD,
            response: RESPONSE,
            veto: VETO,
            bond: bond
        });
    }

    function placeSettlement() internal {
        vm.etch(address(settlement), artifact("DevBatchSettlement", ".deployedBytecode"));
        vm.etch(COLLECTOR, artifact("DevDepositCollector", ".deployedBytecode"));
    }

    /// Deploys the code of a committed artifact; what is tested is what is shipped.
    function deploy(string memory name, bytes memory args) internal returns (address made) {
        bytes memory code = bytes.concat(artifact(name, ".bytecode"), args);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    function artifact(string memory name, string memory part) internal view returns (bytes memory) {
        string memory committed = string.concat(vm.projectRoot(), "/packages/pay/src/node/chain/artifacts");
        string memory folder = vm.envOr("ASSAY_ARTIFACTS", committed);
        return vm.parseJsonBytes(vm.readFile(string.concat(folder, "/", name, ".json")), part);
    }

    function witnesses() internal view returns (address[] memory list) {
        list = new address[](witnessKeys.length);
        for (uint256 i = 0; i < list.length; ++i) list[i] = vm.addr(witnessKeys[i]);
    }

    function _makeWitnesses() private {
        for (uint256 key = 0xC1; key < 0xC4; ++key) {
            witnessKeys.push(key);
            for (uint256 i = witnessKeys.length - 1; i > 0; --i) {
                if (vm.addr(witnessKeys[i - 1]) < vm.addr(witnessKeys[i])) break;
                (witnessKeys[i - 1], witnessKeys[i]) = (witnessKeys[i], witnessKeys[i - 1]);
            }
        }
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function typed(bytes32 domain, bytes32 message) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    function checkpointSignatures(uint64 size, bytes32 root) internal view returns (bytes[] memory list) {
        bytes32 message =
            keccak256(abi.encode(keccak256("Checkpoint(bytes32 origin,uint64 size,bytes32 root)"), ORIGIN, size, root));
        bytes32 digest = typed(vault.domainSeparator(), message);
        list = new bytes[](2);
        for (uint256 i = 0; i < 2; ++i) list[i] = signature(witnessKeys[i], digest);
    }

    /// Anchors the log's first `size` entries.
    function anchorLog(uint64 size) internal {
        bytes32 root = Trees.logRoot(logLeaves, 0, size);
        anchor.post(ORIGIN, size, root, checkpointSignatures(size, root));
    }

    function chargeOf(uint64 logIndex, address from, address to, uint256 amount, uint256 fee)
        internal
        view
        returns (Charge memory)
    {
        return Charge({
            batch: vault.batchCount() + 1,
            receiptId: keccak256(abi.encode("receipt", logIndex)),
            entryLeaf: logLeaves[logIndex],
            logIndex: logIndex,
            payer: from,
            node: to,
            version: keccak256("version"),
            priceBook: keccak256("price"),
            amount: amount,
            fee: fee
        });
    }

    function leafOf(Charge memory charge) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(charge))));
    }

    function leavesOf(Charge[] memory charges) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](charges.length);
        for (uint256 i = 0; i < leaves.length; ++i) leaves[i] = leafOf(charges[i]);
    }

    function proven(Charge[] memory charges, uint256 index) internal pure returns (ProvenCharge memory) {
        return ProvenCharge(charges[index], Trees.path(leavesOf(charges), index));
    }

    /// The next batch over these charges: credits summed up per account and sorted.
    function batchOf(Charge[] memory charges) internal view returns (VaultBatches.BatchPost memory post) {
        VaultBatches.Credit[] memory credits = new VaultBatches.Credit[](charges.length * 2);
        uint256 n = 0;
        for (uint256 i = 0; i < charges.length; ++i) {
            n = _add(credits, n, charges[i].node, uint128(charges[i].amount - charges[i].fee));
            n = _add(credits, n, treasury, uint128(charges[i].fee));
        }
        assembly ("memory-safe") {
            mstore(credits, n)
        }
        post = VaultBatches.BatchPost({
            number: vault.batchCount() + 1,
            from: vault.coveredTo(),
            to: anchor.latestSize(ORIGIN),
            count: uint32(charges.length),
            root: Trees.root(leavesOf(charges)),
            channelsRoot: 0,
            credits: credits,
            captures: new VaultExact.Capture[](0)
        });
    }

    function _add(VaultBatches.Credit[] memory list, uint256 n, address account, uint128 amount)
        private
        pure
        returns (uint256)
    {
        if (amount == 0) return n;
        uint256 i = n;
        while (i > 0 && list[i - 1].account >= account) --i;
        if (i < n && list[i].account == account) {
            list[i].amount += amount;
            return n;
        }
        for (uint256 j = n; j > i; --j) list[j] = list[j - 1];
        list[i] = VaultBatches.Credit(account, amount);
        return n + 1;
    }

    function postBatch(VaultBatches.BatchPost memory post) internal {
        vm.prank(settler);
        vault.postBatch(post);
    }

    function one(Charge memory charge) internal pure returns (Charge[] memory list) {
        list = new Charge[](1);
        list[0] = charge;
    }

    function uints(uint256 a) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = a;
    }

    /// How often an event was emitted since `vm.recordLogs()`.
    function emitted(bytes32 topic) internal returns (uint256 n) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) if (logs[i].topics[0] == topic) ++n;
    }

    function eq(uint256 a, uint256 b) internal pure {
        if (a != b) revert Differs(a, b);
    }

    function eq(address a, address b) internal pure {
        eq(uint160(a), uint160(b));
    }

    function eq(bytes32 a, bytes32 b) internal pure {
        eq(uint256(a), uint256(b));
    }

    function yes(bool condition) internal pure {
        if (!condition) revert Untrue();
    }

    error Differs(uint256 a, uint256 b);
    error Untrue();
}
