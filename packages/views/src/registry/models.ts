/** Models, their immutable versions, and the keys that their owners trust. */
import type { Predicate } from '@assay/core';

/** A model: a name with an owner. */
export interface Model {
  /** `<owner key>/<name>`. */
  readonly name: string;
  readonly owner: string;
  readonly shortName: string;
  readonly createdAt: number;
}

/** A version of a model: the digest of a manifest of everything that changes answers. */
export interface Version {
  readonly digest: string;
  readonly model: string;
  readonly label: string;
  readonly blob: { readonly id: string; readonly size: string };
  readonly inputs: Predicate<'version.publish'>['inputs'];
  readonly outputs: Predicate<'version.publish'>['outputs'];
  readonly licence: string;
  readonly publishedAt: number;
  withdrawnAt?: number;
}

/** What an owner lets another key do. */
export interface Grant {
  readonly id: string;
  readonly model: string;
  readonly to: string;
  readonly permissions: readonly string[];
  readonly grantedBy: string;
  readonly grantedAt: number;
  revokedAt?: number;
}

/** The models of one log. */
export class Models {
  readonly #models = new Map<string, Model>();
  readonly #versions = new Map<string, Version>();
  readonly #grants = new Map<string, Grant>();

  get all(): Iterable<Model> {
    return this.#models.values();
  }

  get versions(): Iterable<Version> {
    return this.#versions.values();
  }

  get grants(): Iterable<Grant> {
    return this.#grants.values();
  }

  get(name: string): Model | undefined {
    return this.#models.get(name);
  }

  named(shortName: string): Model[] {
    return [...this.#models.values()].filter((model) => model.shortName === shortName);
  }

  create(name: string, index: number): void {
    const slash = name.indexOf('/');
    this.#models.set(name, {
      name,
      owner: name.slice(0, slash),
      shortName: name.slice(slash + 1),
      createdAt: index,
    });
  }

  /** Two names may be one version, but a digest keeps the model that published it first (PROTOCOL 1.5). */
  publish(predicate: Predicate<'version.publish'>, index: number): void {
    const { version: digest, model, label, blob, inputs, outputs, licence } = predicate;
    if (this.#versions.has(digest)) return;
    this.#versions.set(digest, { digest, model, label, blob, inputs, outputs, licence, publishedAt: index });
  }

  withdraw(digest: string, index: number): void {
    const version = this.#versions.get(digest);
    if (version !== undefined) version.withdrawnAt ??= index;
  }

  version(digest: string): Version | undefined {
    return this.#versions.get(digest);
  }

  versionsOf(model: string): Version[] {
    return [...this.#versions.values()].filter((version) => version.model === model);
  }

  /** The version of `model` whose label or digest is `name`. */
  find(model: string, name: string): Version | undefined {
    return this.versionsOf(model).find((version) => version.label === name || version.digest === name);
  }

  grant(grant: Grant): void {
    this.#grants.set(grant.id, grant);
  }

  grantById(id: string): Grant | undefined {
    return this.#grants.get(id);
  }

  revoke(id: string, index: number): void {
    const grant = this.#grants.get(id);
    if (grant !== undefined) grant.revokedAt ??= index;
  }

  /** Whether a grant in force lets `keyId` do this. */
  isGranted(keyId: string, model: string, permission: string): boolean {
    for (const grant of this.#grants.values()) {
      const inForce = grant.revokedAt === undefined && grant.to === keyId && grant.model === model;
      if (inForce && grant.permissions.includes(permission)) return true;
    }
    return false;
  }
}
