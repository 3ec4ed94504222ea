/** One thing that the palette offers: it leads to `href`, or runs something. */
export interface Target {
  /** Under which heading it stands. */
  group: string
  label: string
  /** Small, beside it; looked through as well. */
  hint?: string
  /** Looked through, not shown: ids, keys. */
  also?: string[]
  href?: string
  run?: () => void
}

/** Targets in which every word is found, those that begin with the text first. */
export function find(targets: Target[], text: string): Target[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return targets
  const ranked = targets.flatMap((target) => {
    const label = target.label.toLowerCase()
    const all = [label, target.hint ?? '', target.group, ...(target.also ?? [])].join(' ').toLowerCase()
    if (!words.every((word) => all.includes(word))) return []
    const first = words[0]!
    const rank = label.startsWith(first) ? 0 : label.includes(` ${first}`) ? 1 : label.includes(first) ? 2 : 3
    return [{ target, rank }]
  })
  return ranked.sort((a, b) => a.rank - b.rank).map(({ target }) => target)
}

/** Whether a text looks like something pasted (an id, a key) and not like words. */
export const pasted = (text: string) => /^[\w.:-]{16,128}$/.test(text.trim()) && /\d/.test(text)
