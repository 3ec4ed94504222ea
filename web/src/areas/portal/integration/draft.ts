import type { Info } from '../data'

const same = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null)

/** Top-level fields of the catalog info in which two versions differ; of the documentation, its sections. */
export function changed(from: Info, to: Info): string[] {
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]) as Set<keyof Info>
  keys.delete('docs')
  const fields = [...keys].filter((key) => !same(from[key], to[key])).map((key) => `/${key}`)
  const sections = new Set([...Object.keys(from.docs ?? {}), ...Object.keys(to.docs ?? {})])
  for (const section of sections as Set<keyof NonNullable<Info['docs']>>) {
    if (!same(from.docs?.[section], to.docs?.[section])) fields.push(`/docs/${section}`)
  }
  return fields
}

/** The field of `changed` that a JSON pointer is within. */
export function fieldOf(pointer: string): string {
  const [first = '', second] = pointer.split('/').slice(1)
  return first === 'docs' && second ? `/docs/${second}` : `/${first}`
}

/** `from`, with the named fields as they are in `to`. */
export function withFields(from: Info, to: Info, fields: string[]): Info {
  const made: Info = { ...from, docs: { ...from.docs } }
  for (const field of fields) {
    const [first = '', second] = field.split('/').slice(1)
    if (first === 'docs' && second) Object.assign(made.docs!, { [second]: (to.docs as never)?.[second] })
    else Object.assign(made, { [first]: to[first as keyof Info] })
  }
  return made
}

/** As the API takes it: what is empty is left out. */
export function tidy(info: Info): Info {
  const without = (of: object) =>
    Object.fromEntries(
      Object.entries(of).filter(
        ([, value]) =>
          value !== '' && value !== null && value !== undefined && !(Array.isArray(value) && !value.length),
      ),
    )
  const docs = without(info.docs ?? {})
  return { ...without({ ...info, docs: undefined }), ...(Object.keys(docs).length > 0 ? { docs } : {}) }
}
