// Checks the page in Chromium as an annotator uses it, and compares what comes out with slmsam propagate, voxel by
// voxel: outline a structure with the mouse, propagate, correct slices, propagate again, undo, reload, download.
//
//   node check.mjs --url URL --slmsam BINARY --image FILE --truth FILE --label N --out FOLDER [--chromium PATH]
//
// The label map of --truth says what is outlined: label N, on the slice where it is largest.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { arg, border, dice, differ, nifti, slice, start } from './page.mjs'

const url = arg('url'), slmsam = arg('slmsam'), image = arg('image'), out = arg('out', '.')
const label = Number(arg('label')), patience = 1000 * Number(arg('timeout', '240'))
fs.mkdirSync(out, { recursive: true })
const file = name => path.join(out, name)

let failed = 0
function ok(name, good, detail = '') {
  if (!good) failed++
  console.log(`${good ? 'PASS' : 'FAIL'} ${name}${detail === '' ? '' : `  (${detail})`}`)
}

/** The command's result on the same outlines. */
function command(name, ...args) {
  execFileSync(slmsam, ['propagate', image, '--quiet', '--force', '-o', file(name), ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  return nifti(file(name))
}

const me = await start(url), { page } = me
try {
  await page.goto(url)
  await me.status('open a volume')
  ok('the first screen says what to do', (await page.locator('#start').innerText()).includes('Draw around'))
  ok('open', (await me.open(image)).startsWith('ready'))
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, select, canvas, [role=slider]')]
    .filter(e => !(e.ariaLabel || e.title || e.textContent.trim() || e.labels?.length || e.closest('[aria-hidden=true]') || e.parentElement.ariaLabel)).map(e => e.id))
  ok('every control has a name', unnamed.length === 0, unnamed)

  const truth = nifti(arg('truth')), w = truth.dim[0]
  const areas = Array.from({ length: truth.dim[2] }, (_, s) => slice(truth, s).reduce((n, l) => n + (l === label), 0))
  const s0 = areas.indexOf(Math.max(...areas)), meant = slice(truth, s0).map(l => l === label ? 1 : 0)
  await me.goto(s0)
  const shape = border(slice(truth, s0), w, label)
  await me.at('paint').click()
  await me.drag(shape.points)
  await me.picture(file('outlined.png'))
  const outline = await me.download(file('outline.nii.gz'))
  const drawn = dice(slice(outline, s0), meant)
  ok('the outline is where it was drawn', drawn > 0.85, `Dice with what was meant ${drawn.toFixed(3)}`)
  ok('on one slice only', differ(outline, { dim: outline.dim, data: outline.data.map(() => 0) }).join() === String(s0))

  ok('propagate', (await me.propagate(patience)).startsWith('done'))
  await me.picture(file('propagated.png'))
  const first = await me.download(file('first.nii.gz'))
  ok('found on other slices', differ(first, outline).length > 5, differ(first, outline).join(' '))
  const same = differ(first, command('command1.nii.gz', '--mask', outline.file))
  ok('equal to the command, voxel by voxel', same.length === 0, same.join(' '))

  await tools(s0, shape, meant)

  // correct a slice, then one between it and the first outline
  let before = first, earlier = 'command1.nii.gz'
  for (const [s, from, to, name] of [[s0 + 4, s0, Infinity, 'corrected'], [s0 + 2, s0, s0 + 4, 'between']]) {
    await me.goto(s)
    await me.key('e')
    await me.drag([shape.center, [shape.center[0] + 3, shape.center[1] + 2]])
    const corrected = await me.download(file(`${name}.nii.gz`))
    ok(`${name}: the correction changes its slice`, differ(corrected, before).join() === String(s), differ(corrected, before).join(' '))
    ok(`${name}: propagate again`, (await me.propagate(patience)).startsWith('done'))
    const after = await me.download(file(`${name}-again.nii.gz`)), changed = differ(after, corrected)
    ok(`${name}: only the gap changes`, changed.length > 0 && changed.every(i => i > from && i < to && i !== s), changed.join(' '))
    const again = differ(after, command(`command-${name}.nii.gz`, '--mask', corrected.file, '--earlier', file(earlier)))
    ok(`${name}: equal to the corrected command, voxel by voxel`, again.length === 0, again.join(' '))
    earlier = `command-${name}.nii.gz`
    before = after
  }
  await history(before, nifti(file('between.nii.gz')))
  await marks()
  await hurry()
} catch (err) {
  ok('all steps', false, err.message.split('\n')[0])
  await page.screenshot({ path: file('failed.png') }).catch(() => {})
}
ok('no error in the page', me.errors.length === 0, me.errors.slice(0, 3).join(' | '))
ok('no request left the server', me.outside.length === 0, me.outside.slice(0, 3).join(' '))
await me.browser.close()
process.exit(failed ? 1 : 0)

/** Box and click, on the slice of the outline; everything is taken back. */
async function tools(s0, shape, meant) {
  await me.goto(s0)
  const [xs, ys] = [0, 1].map(k => shape.points.map(p => p[k]))
  const pixels = async name => slice(await me.download(file(name)), s0)
  const before = await pixels('unclicked.nii.gz')
  const left = shape.points[xs.indexOf(Math.min(...xs))], beside = [left[0] - 3, left[1]]
  await me.key('q')
  await me.drag([beside, beside])
  await me.status('^(check what|the model finds|error)')
  await me.saved()
  const after = await pixels('clicked.nii.gz')
  const lost = before.filter((l, i) => l && !after[i]).length, gained = after.filter((l, i) => l && !before[i]).length
  ok('a click beside the outline extends it', lost === 0 && gained > 0, `${gained} pixels more, ${lost} less`)
  await me.key('Control+z')
  await me.saved()
  await me.key('w')
  await me.drag([[Math.min(...xs) - 1, Math.min(...ys) - 1], [Math.max(...xs) + 1, Math.max(...ys) + 1]])
  await me.status('^(check what|the model finds|error)')
  await me.saved()
  const boxed = dice(slice(await me.download(file('boxed.nii.gz')), s0), meant)
  ok('a box is outlined by the model', boxed > 0.7, `Dice with what was meant ${boxed.toFixed(3)}`)
  await me.key('Control+z')
  await me.saved()
}

/** Undo, redo and a reload: nothing is lost. */
async function history(last, corrected) {
  const equal = async (name, map) => differ(await me.download(file(name)), map).length === 0
  await me.at('undo').click()
  await me.saved()
  ok('undo takes the propagation back', await equal('undone.nii.gz', corrected))
  await me.key('Control+Shift+Z')
  await me.saved()
  ok('redo brings it again', await equal('redone.nii.gz', last))
  await page.reload()
  ok('reload opens the volume again', (await me.status('^(ready|error)')).startsWith('ready'))
  ok('nothing is lost', await equal('reloaded.nii.gz', last))
  await me.at('undo').click()
  await me.saved()
  ok('undo reaches back beyond the reload', await equal('undone2.nii.gz', corrected))
  await me.key('Control+y')
  await me.saved()
}

/** A user in a hurry: two volumes opened at once, and a wheel that turns in large and small steps. */
async function hurry() {
  await me.open(arg('truth'))
  await page.locator('#home').click()
  await me.status('open a volume')
  const asked = await page.evaluate(() => {
    const rows = [...document.querySelectorAll('#volumes button')].slice(0, 2)
    for (const b of rows) b.click()
    return rows.map(b => b.title)
  })
  await me.status('^(ready|error)')
  const shown = await page.evaluate(() => [stage.info.id, document.getElementById('title').title, decodeURIComponent(location.hash.slice(1))])
  ok('of two volumes opened at once, the last is shown', asked.length === 2 && shown.every(id => id === asked[1]), `${asked} / ${shown}`)
  const slice = () => page.evaluate(() => stage.slice), first = await slice()
  const box = await page.locator('#gl').boundingBox()
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.wheel(0, 120)
  await page.waitForFunction(s => stage.slice === s, first + 1)
  for (let i = 0; i < 8; i++) await page.mouse.wheel(0, 10)
  await page.waitForTimeout(200)
  ok('a touchpad scrolls one slice per 40 pixels', await slice() === first + 3, `${first} to ${await slice()}`)
}

/** What is said of slices and of the volume. */
async function marks() {
  await me.key('?')
  ok('? shows the keys', await page.locator('#keys').isVisible())
  await me.key('Escape')
  await me.key('x')
  await me.saved()
  await page.waitForTimeout(200)
  ok('marked as not here', (await page.locator('#here').innerText()).includes('marked as not here'))
  await me.key('Control+z')
  await page.waitForTimeout(200)
  await page.locator('#review').click()
  ok('reviewed', (await me.status('^(saved as reviewed|error)')).startsWith('saved'))
  await page.locator('#home').click()
  await me.status('open a volume')
  ok('the list says so, and offers to train on it', await page.getByText('● reviewed').isVisible() && await page.locator('#train').isEnabled())
}
