// SPDX-License-Identifier: Apache-2.0
// What every part of the vault shares: its fixed parties and times, its books, and the one way money leaves.
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Charge, Charges, ProvenCharge} from "../lib/Charge.sol";
import {IBatchSettlement} from "../interfaces/IBatchSettlement.sol";
import {ICheckpointAnchor} from "../interfaces/ICheckpointAnchor.sol";
import {IStake} from "../interfaces/IStake.sol";

/// Everything is fixed at deployment. There is no owner, no upgrade, no pause, and no function that pays to an address its
/// caller chooses.
abstract contract VaultBase is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Charges for Charge;

    /// Parties, times and amounts. Times are in seconds, amounts in the token's atomic unit.
    struct Setup {
        IERC20 token;
        IBatchSettlement settlement;
        ICheckpointAnchor anchor;
        IStake registry;
        /// Posts batches and proposes refunds.
        address settler;
        /// May stop a refund within its veto window.
        address vetoer;
        /// Receives fees.
        address treasury;
        /// SHA-256 of the origin line of the log whose receipts are charged.
        bytes32 origin;
        /// How long credits are held before they can be withdrawn.
        uint40 hold;
        /// How long a challenge has to be answered; challenges end so that an answer is due within the hold.
        uint40 response;
        /// How long a refund can be vetoed.
        uint40 veto;
        /// What a challenge costs whoever is wrong.
        uint128 bond;
    }

    /// A posted batch. 3 slots.
    struct Batch {
        bytes32 root;
        bytes32 channelsRoot;
        uint128 total;
        uint40 postedAt;
        uint40 frozenUntil;
        uint32 count;
    }

    IERC20 public immutable token;
    IBatchSettlement public immutable settlement;
    ICheckpointAnchor public immutable anchor;
    IStake public immutable registry;
    address public immutable settler;
    address public immutable vetoer;
    address public immutable treasury;
    bytes32 public immutable origin;
    uint40 public immutable hold;
    uint40 public immutable response;
    uint40 public immutable veto;
    uint128 public immutable bond;

    /// Batches by number, from 1.
    mapping(uint256 number => Batch) public batches;
    /// What a batch credits to an account and the account has not withdrawn.
    mapping(uint256 number => mapping(address account => uint128)) public credits;
    /// Charges that were voided, by leaf.
    mapping(bytes32 leaf => bool) public voided;
    /// Receipts that were refunded: bit `index & 255` of word `index >> 8`, by log index, once across all incidents.
    mapping(uint256 word => uint256) public refundedBits;

    /// What the vault owes: credits, refunds not claimed, held `exact` money, bonds. Never more than its balance.
    uint128 public liabilities;
    /// The newest batch.
    uint64 public batchCount;
    /// Batches cover the log up to here.
    uint64 public coveredTo;

    error BadSetup();
    error OnlySettler();
    error OnlyVetoer();
    error NoSuchBatch(uint256 number);
    error NotInTree();
    error TooEarly(uint256 until);
    error TooLate(uint256 since);
    /// One of the receipts from this log index to 255 further was given back before, or none is named.
    error AlreadyRefunded(uint256 logIndex);
    error AlreadyVoided();
    error NothingToPay();
    error NotBacked(uint256 balance, uint256 owed);

    constructor(Setup memory s) {
        require(address(s.token) != address(0) && address(s.settlement) != address(0), BadSetup());
        require(address(s.anchor) != address(0) && address(s.registry) != address(0), BadSetup());
        require(s.settler != address(0) && s.vetoer != address(0) && s.treasury != address(0), BadSetup());
        require(s.response > 0 && s.veto > 0 && s.hold > s.response && s.hold > s.veto, BadSetup());
        token = s.token;
        settlement = s.settlement;
        anchor = s.anchor;
        registry = s.registry;
        settler = s.settler;
        vetoer = s.vetoer;
        treasury = s.treasury;
        origin = s.origin;
        hold = s.hold;
        response = s.response;
        veto = s.veto;
        bond = s.bond;
    }

    modifier onlySettler() {
        require(msg.sender == settler, OnlySettler());
        _;
    }

    /// Money in the vault that it owes to nobody: swept vouchers whose charges are not batched yet.
    function unallocated() public view returns (uint256) {
        return Math.saturatingSub(token.balanceOf(address(this)), liabilities);
    }

    /// Whether a batch's credits are still held: within the hold, or frozen by a refund.
    function isHeld(uint256 number) public view returns (bool) {
        Batch storage batch = batches[number];
        return block.timestamp < uint256(batch.postedAt) + hold || block.timestamp < batch.frozenUntil;
    }

    /// Whether an incident has given this receipt's charge back.
    function isRefunded(uint256 logIndex) public view returns (bool) {
        return refundedBits[logIndex >> 8] & (1 << (logIndex & 255)) != 0;
    }

    /// Keeps a batch's credits where they are, at most for another hold: a freeze delays a node, and cannot starve it.
    function _freeze(Batch storage batch, uint256 until) internal {
        uint256 last = uint256(batch.postedAt) + 2 * uint256(hold);
        batch.frozenUntil = uint40(Math.max(batch.frozenUntil, Math.min(until, last)));
    }

    function _batch(uint256 number) internal view returns (Batch storage batch) {
        batch = batches[number];
        require(batch.postedAt != 0, NoSuchBatch(number));
    }

    /// The leaf of a charge that stands in its batch and was not voided.
    function _leafIn(ProvenCharge calldata proven) internal view returns (bytes32 leaf) {
        leaf = proven.charge.hash();
        require(MerkleProof.verifyCalldata(proven.proof, _batch(proven.charge.batch).root, leaf), NotInTree());
        require(!voided[leaf], AlreadyVoided());
    }

    /// Marks receipts as given back. @param bits of one word; none of them may be marked already
    function _markRefunded(uint256 word, uint256 bits) internal {
        uint256 before = refundedBits[word];
        require(bits != 0 && before & bits == 0, AlreadyRefunded(word << 8));
        refundedBits[word] = before | bits;
    }

    /// Takes up to `amount` of an account's held credit in a batch; the money stays in the vault, for another purpose.
    function _takeCredit(uint256 number, address account, uint256 amount) internal returns (uint128 taken) {
        uint128 credit = credits[number][account];
        taken = uint128(Math.min(amount, credit));
        credits[number][account] = credit - taken;
    }

    /// Takes in a bond.
    function _takeBond() internal {
        if (bond == 0) return;
        liabilities += bond;
        token.safeTransferFrom(msg.sender, address(this), bond);
        // A token that brings less than it says cannot make the vault owe what it does not have.
        _requireBacked();
    }

    /// Every payment the vault makes: what it owed, to whom it owed it.
    function _pay(address to, uint128 amount) internal {
        liabilities -= amount;
        if (amount > 0) token.safeTransfer(to, amount);
    }

    function _requireBacked() internal view {
        uint256 balance = token.balanceOf(address(this));
        require(balance >= liabilities, NotBacked(balance, liabilities));
    }
}
