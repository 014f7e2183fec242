// A job of another contract, as its evaluator keeps it. The chain says so, through the wallet's own connection.
import { view } from "./market.js";

export const READY = 2n;

export async function job(provider, number) {
  const found = await view(provider, "JobEvaluator", "enrolment", [number]);
  return { ...found, state: BigInt(found.at) & 0xffn };
}
