// linewarden for Node. linewarden.h defines each call.
import { Direction, Function as DialledFunction, Kind, Reason, Right, Role, Status } from './constants';

export * from './constants';

/** A party's number; it is valid in the engine that gave it. 0 is no party. */
export type Party = number;

/** An error of the library. */
export class LinewardenError extends Error {
  readonly status: Status | number;
}

/** A yes or no with its reason. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: Reason | number;
  readonly revision: number;
  readonly line: number;
}

/** The meaning of a dialled function code, and whether the actor may use it. */
export interface Dialled {
  readonly function: DialledFunction | number;
  readonly subject: Party;
  readonly right: Right | number;
  readonly allowed: boolean;
  readonly digits: string;
  /** The line of the dialled extension; 0 if none was dialled, or that of a team. */
  readonly line: number;
}

/** An opened document or folder of documents. A closed engine refuses everything. */
export class Engine {
  constructor(source: string);
  close(): void;
  /** Throws, and leaves the old answers in force, if the source cannot be loaded. */
  reload(): void;
  readonly revision: number;

  /** 0 if there is none. */
  find(name: string, domain?: string | null): Party;
  /** Throws with a message that names a similar known name. */
  resolve(name: string, domain?: string | null): Party;
  text(party: Party): string | null;
  /** 1 the first of a user's lines, 2 the second, 3 an additional one; 0 if the extension is none of them. */
  lineOf(party: Party, extension: string): number;
  kind(party: Party): Kind | number;
  domainOf(party: Party): string | null;

  may(actor: Party, right: number, target: Party): boolean;
  mayInCall(actor: Party, right: number, target: Party, role: Role): boolean;
  mayNamed(actor: string, right: string, target: string, domain?: string | null): boolean;
  /** 0 asks for all lines at once; for a team pass 1. */
  mayPickUp(actor: Party, target: Party, line: number): boolean;
  maySetForward(actor: Party, target: Party, line: number): boolean;
  /** May the actor set a forwarding of the owner's line to this number? */
  mayForwardTo(actor: Party, owner: Party, line: number, digits: string): boolean;
  /** May the actor call this number? */
  mayCall(actor: Party, digits: string): boolean;
  mayBypassForward(actor: Party, target: Party): boolean;
  maySeeBusy(actor: Party, target: Party): boolean;
  maySeeCaller(actor: Party, target: Party, line: number, direction: Direction): boolean;
  mayLogIn(user: Party, location: Party): boolean;
  rightsOf(actor: Party, target: Party): (right: number) => boolean;
  mayEachTarget(actor: Party, right: number, targets: readonly Party[]): boolean[];
  mayEachActor(actors: readonly Party[], right: number, target: Party): boolean[];

  parties(domain?: string | null): Party[];
  who(right: number, target: Party): Party[];
  whom(actor: Party, right: number): Party[];

  decide(actor: Party, right: number, target: Party): Decision;
  explain(actor: Party, right: number, target: Party): unknown;
  pair(actor: Party, target: Party): unknown;
  lint(): unknown;
  /** Throws if the code has no meaning. */
  dial(actor: Party, code: string): Dialled;
}

/** The right of a name; 0 if no right has that name. */
export function right(name: string): Right | 0;
export function rightName(right: number): string | null;
export function reasonText(reason: number): string;
export function version(): string;
