import { useId, useRef } from 'react'
import { Check, Group, Pick, sentence, TextArea, TextField } from '../../../../kit/fields'
import { Muted } from '../../../../kit/page'
import css from './mappings.module.css'
import type { Path } from './paths'
import type { ActionField, Row, Way } from './words'

const WAYS: [Way, string][] = [
  ['text', 'Text'],
  ['path', 'A value of the message'],
  ['json', 'JSON'],
  ['none', 'Nothing'],
]

/** One field of an action: text with values in it, one value of the message, or JSON with directives. */
export function FieldRow({
  field,
  row,
  paths,
  error,
  onChange,
}: {
  field: ActionField
  row: Row
  paths: Path[]
  error: string | undefined
  onChange: (row: Row) => void
}) {
  const id = useId()
  const area = useRef<HTMLTextAreaElement>(null)
  const { label, description, required } = field
  const set = (typed: string) => onChange({ ...row, typed })
  /** Puts a value where the cursor is. */
  const insert = (path: string) => {
    const at = area.current?.selectionStart ?? row.typed.length
    const put = `{{${path}}}`
    set(row.typed.slice(0, at) + put + row.typed.slice(area.current?.selectionEnd ?? at))
    requestAnimationFrame(() => {
      area.current?.focus()
      area.current?.setSelectionRange(at + put.length, at + put.length)
    })
  }
  return (
    <Group legend={required ? label : `${label} (optional)`} boxed>
      <Muted>{sentence(description)}</Muted>
      <div className={css.ways}>
        {WAYS.filter(([way]) => way !== 'none' || !required).map(([way, name]) => (
          <Check
            key={way}
            type="radio"
            name={id}
            label={name}
            checked={row.way === way}
            onChange={() => onChange(turned(row, way))}
          />
        ))}
      </div>
      {row.way === 'text' && (
        <>
          <TextArea
            ref={area}
            label={`${label}: text`}
            rows={2}
            spellCheck={false}
            placeholder="{{event}} by {{userId}}"
            hint={
              <>
                <code>{'{{event}}'}</code> is filled in, with the signs of HTML escaped;{' '}
                <code>{'{{{event}}}'}</code> as it stands.
              </>
            }
            error={error}
            value={row.typed}
            onChange={({ target }) => set(target.value)}
          />
          {paths.length > 0 && (
            <div className={css.insert}>
              <Pick
                aria-label={`Insert a value into ${label}`}
                value=""
                onChange={({ target }) => insert(target.value)}
              >
                <option value="">Insert a value…</option>
                {paths.map(({ path, example }) => (
                  <option key={path} value={path}>
                    {path}: {example}
                  </option>
                ))}
              </Pick>
            </div>
          )}
        </>
      )}
      {row.way === 'path' && (
        <>
          <TextField
            label={`${label}: place in the message`}
            mono
            autoComplete="off"
            spellCheck={false}
            list={`${id}-paths`}
            placeholder="the whole message"
            hint={
              <>
                Such as <code>properties.order_id</code> or <code>properties.products[0].sku</code>; empty for
                the whole message.
              </>
            }
            error={error}
            value={row.typed}
            onChange={({ target }) => set(target.value)}
          />
          <datalist id={`${id}-paths`}>
            {paths.map(({ path, example }) => (
              <option key={path} value={path} label={example} />
            ))}
          </datalist>
        </>
      )}
      {row.way === 'json' && (
        <TextArea
          label={`${label}: JSON`}
          mono
          rows={8}
          spellCheck={false}
          placeholder={'{ "order": { "@path": "$.properties.order_id" } }'}
          hint={
            <>
              Directives such as <code>@path</code>, <code>@template</code>, <code>@if</code> and{' '}
              <code>@arrayPath</code> stand for values of the message.
            </>
          }
          error={error}
          value={row.typed}
          onChange={({ target }) => set(target.value)}
        />
      )}
    </Group>
  )
}

/** The same in another way, as far as that can be said in it. */
function turned({ way, typed }: Row, to: Way): Row {
  if (to === 'json' && way === 'path') {
    return { way: to, typed: JSON.stringify({ '@path': `$.${typed}` }, null, 2) }
  }
  if (to === 'json' && way === 'text') {
    return {
      way: to,
      typed: JSON.stringify(typed.includes('{{') ? { '@template': typed } : typed, null, 2),
    }
  }
  if (to === 'text' && way === 'path') return { way: to, typed: typed ? `{{${typed}}}` : '' }
  return { way: to, typed: way === to ? typed : '' }
}
