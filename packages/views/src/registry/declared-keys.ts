/** What has been declared under which key (PROTOCOL 1.2): digests of keys, because a log has as many as records. */
import { hex, sha256, utf8 } from '@assay/core';
import { u32Column } from '../lineage/columns/column.ts';
import { DigestNames } from '../lineage/columns/digest-names.ts';
import type { Names } from '../lineage/columns/names.ts';

/** The first record id under each declared key. */
export class DeclaredKeys {
  readonly #keys = new DigestNames();
  readonly #ids: Names;
  readonly #first = u32Column();

  /** @param ids numbers of record ids, shared with whoever else keeps something by them */
  constructor(ids: Names) {
    this.#ids = ids;
  }

  /** Files `id` under `key`, or returns the id that stands there already. */
  claim(key: string, id: string): string | undefined {
    const digest = hex(sha256(utf8(key)));
    const known = this.#keys.find(digest);
    if (known !== 0) return this.#ids.text(this.#first.at(known));
    this.#first.put(this.#keys.intern(digest), this.#ids.intern(id));
    return undefined;
  }
}
