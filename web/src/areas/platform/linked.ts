/** The words of a text and the addresses in it, in order. */
export function linked(text: string): { text: string; href?: string }[] {
  const parts: { text: string; href?: string }[] = []
  let at = 0
  for (const found of text.matchAll(/https?:\/\/[^\s<>"]+/g)) {
    // A sentence may end right after an address.
    const address = found[0].replace(/[.,;:!?)\]]+$/, '')
    if (found.index > at) parts.push({ text: text.slice(at, found.index) })
    parts.push({ text: address, href: address })
    at = found.index + address.length
  }
  if (at < text.length) parts.push({ text: text.slice(at) })
  return parts
}
