import { useEffect, useState } from 'react'
import { Button } from '../../../../kit/button'
import { TextField } from '../../../../kit/fields'
import css from './debugger.module.css'
import { VERDICT } from './row'
import { type Filter, TYPES, VERDICTS } from './words'

/** The filter as a form; what it makes are the same words that can be typed. */
export function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const toggle = (key: 'type' | 'verdict', value: string) => {
    const has = filter[key].includes(value)
    onChange({
      ...filter,
      [key]: has ? filter[key].filter((each) => each !== value) : [...filter[key], value],
    })
  }
  return (
    <section className={css.filters} aria-label="Filters" id="filters">
      <fieldset>
        <legend>Call</legend>
        {TYPES.map((type) => (
          <Chip key={type} on={filter.type.includes(type)} onPress={() => toggle('type', type)}>
            {type}
          </Chip>
        ))}
      </fieldset>
      <fieldset>
        <legend>Status</legend>
        {VERDICTS.map((verdict) => (
          <Chip
            key={verdict}
            on={filter.verdict.includes(verdict)}
            onPress={() => toggle('verdict', verdict)}
          >
            <span aria-hidden>{VERDICT[verdict]!.glyph}</span> {verdict}
          </Chip>
        ))}
      </fieldset>
      <div className={css.filterFields}>
        {(
          [
            ['event', 'Event or page name'],
            ['user', 'User id'],
            ['anon', 'Anonymous id'],
            ['id', 'Message id'],
            ['reason', 'Reason code'],
            ['text', 'Anywhere in the payload'],
          ] as const
        ).map(([key, label]) => (
          <Exact
            key={key}
            label={label}
            value={filter[key] ?? ''}
            onChange={(value) => {
              const { [key]: _, ...rest } = filter
              onChange(value ? { ...rest, [key]: value } : rest)
            }}
          />
        ))}
      </div>
      <Button small onClick={() => onChange({ type: [], verdict: [] })}>
        Clear filters
      </Button>
    </section>
  )
}

function Chip({ on, onPress, children }: { on: boolean; onPress: () => void; children: React.ReactNode }) {
  return (
    <button type="button" className={css.chip} aria-pressed={on} onClick={onPress}>
      {children}
    </button>
  )
}

/** A value that counts when it is finished: with Enter, or by leaving it. */
function Exact({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (value: string) => void
}) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const done = () => text.trim() !== value && onChange(text.trim())
  return (
    <TextField
      label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === 'Enter' && done()}
    />
  )
}
