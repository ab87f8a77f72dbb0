import { expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { replicaOf } from "../../../test/replica.ts";
import type { VolumeRecord } from "../volume-records.ts";
import { chooseOwner } from "./volume-owner.ts";

const image = { reference: "x:1" };
const volumes = [{ volumeId: newId() as string, name: "data", path: "/data" }];
const stateful = replicaOf(image, { volumes });
const recordFor = (replica: typeof stateful, uid: number | null): VolumeRecord => ({
  volumeId: replica.volumes[0]?.volumeId ?? "",
  workloadId: replica.workloadId,
  projectId: null,
  sizeMiB: null,
  uid,
  imageName: null,
});

test("all replicas of a workload with volumes are the same user, also beside each other", () => {
  const uid = chooseOwner(stateful, [], []);
  const next = { ...stateful, id: newId() as string };
  expect(chooseOwner(next, [], [recordFor(stateful, uid)])).toBe(uid);
  expect(chooseOwner(next, [{ uid, replica: stateful }], [recordFor(stateful, uid)])).toBe(uid);
});

test("nobody else gets a user that owns a volume, though nothing of its workload runs", () => {
  const uid = chooseOwner(stateful, [], []);
  const sameStart = { ...replicaOf(image), id: stateful.workloadId }; // would begin to look at the same number
  expect(chooseOwner(sameStart, [], [])).toBe(uid);
  expect(chooseOwner(sameStart, [], [recordFor(stateful, uid)])).not.toBe(uid);
  const other = replicaOf(image, { volumes: [{ volumeId: newId() as string, name: "data", path: "/data" }] });
  expect(chooseOwner({ ...other, workloadId: newId() }, [], [recordFor(stateful, uid)])).not.toBe(uid);
});

test("a volume that comes from another workload does not bring that one's user with it", () => {
  const uid = chooseOwner(stateful, [], []);
  const heir = { ...stateful, id: newId() as string, workloadId: newId() as string };
  expect(chooseOwner(heir, [{ uid, replica: stateful }], [recordFor(stateful, uid)])).not.toBe(uid);
});
