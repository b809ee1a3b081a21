// SPDX-License-Identifier: GPL-2.0-only
/** Cases are linted like code: names, prose, files, and that each golden has its case. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { GOLDEN_DIR } from "../../src/profile/load_profile.ts";
import { AREAS, caseId, findCases, isAboutKernel, isForKernel } from "../../src/suite/cases.ts";
import { exists } from "../../src/suite/files.ts";
import { readNondeterministic, VARIES } from "../../src/suite/nondeterministic.ts";
import { readProfiles } from "../profiles.ts";

const cases = findCases(fromFileUrl(new URL("../../cases/", import.meta.url)));

const { usable: profiles } = await readProfiles();

function folders(path: string): string[] {
  return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map((entry) => entry.name);
}

for (const each of cases) {
  Deno.test(`lint ${caseId(each)}`, () => {
    assertEquals(each.problem, undefined);
    assert(AREAS.some((area) => area === each.area), `cases/${each.area} is no area; areas are ${AREAS.join(", ")}`);
    assertMatch(each.name, /^[a-z0-9]+(-[a-z0-9]+)*$/, "a case is named in lower-case words with dashes");
    assert(each.steps.length > 0, "a case has a step");
    for (const step of each.steps) {
      if (!("insmod" in step)) continue;
      assert(exists(step.insmod) || exists(`${step.insmod}.toml`), `${step.insmod} is neither a file nor a recipe`);
    }
    for (const glob of each.kernels) {
      const matches = profiles.some(({ release, alias }) => isAboutKernel(glob, release, alias));
      assert(matches, `kernels: "${glob}" is none of ${profiles.map(({ alias }) => alias).join(", ")}`);
    }
    const { description } = each;
    if (description === undefined) return;
    assertMatch(description, /^\S.*[^.\s]$/s, "a description is a sentence without its full stop");
    assertEquals(
      /\b(should|must be refused|will be)\b/.exec(description)?.[0],
      undefined,
      "a description says what is",
    );
  });
}

Deno.test("descriptions are not written twice", () => {
  const seen = new Map<string, string>();
  for (const each of cases) {
    if (each.description === undefined) continue;
    assertEquals(seen.get(each.description), undefined, `${caseId(each)} says the same`);
    seen.set(each.description, caseId(each));
  }
});

/** A golden's file, or "". */
function goldenText(release: string, id: string, file: string): string {
  const path = join(fromFileUrl(GOLDEN_DIR), release, id, file);
  return exists(path) ? Deno.readTextFileSync(path) : "";
}

/** Cases that reach init on some kernel. */
const reachingInit = new Set<string>();

for (const { release, alias } of profiles) {
  Deno.test(`goldens of ${release} have the image that case.toml asks for`, () => {
    let total = 0;
    for (const each of cases) {
      const id = caseId(each);
      const image = goldenText(release, id, "image.txt");
      const layout = goldenText(release, id, "layout.txt");
      total += image.length;
      if (layout === "") continue;
      assertEquals(image !== "", each.image, `${id}: image.txt is there where case.toml says image = true`);
      if (/^region /m.test(layout)) reachingInit.add(id);
    }
    assert(total < 3_000_000, `all image.txt together are ${total} bytes; hash or leave out the largest`);
  });

  Deno.test(`every exception of ${release} is needed`, () => {
    for (const { case: isFor, what, pattern } of readNondeterministic(fromFileUrl(GOLDEN_DIR), release)) {
      const texts = cases.map(caseId).filter((id) => isFor.test(id)).map((id) => goldenText(release, id, what));
      assert(texts.some((text) => text.includes(VARIES)), `${pattern}: no golden of ${isFor} has anything left out of ${what}`);
    }
  });

  Deno.test(`every golden of ${release} belongs to a case that is for it`, () => {
    const ids = new Set(cases.filter((each) => isForKernel(each, release, alias)).map(caseId));
    const dir = join(fromFileUrl(GOLDEN_DIR), release);
    const orphans = folders(dir).flatMap((area) => folders(join(dir, area)).map((name) => `${area}/${name}`))
      .filter((id) => !ids.has(id));
    assertEquals(orphans, []);
  });
}

Deno.test("a case that asks for an image has a step that reaches init, on some kernel", () => {
  assertEquals(cases.filter((each) => each.image && !reachingInit.has(caseId(each))).map(caseId), []);
});
