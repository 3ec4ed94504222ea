import { type ReactNode, useId, useState } from 'react'
import type { Fault, Shapes } from '../api/client'
import { Button } from './button'
import { Check, Input, Select, sentence, TextArea, TextField, toldHere } from './fields'
import { bytes, duration } from './figures'
import css from './options-form.module.css'

/** One setting that an integration asks its user for. */
export type Option = Shapes['IntegrationOption']

/** Settings as the API has them. */
export type Settings = Record<string, unknown>

/** Settings as the client's types take them: they know none of the keys, which each integration names for itself. */
export type Sendable = Record<string, never>

/**
 * Settings as they are being typed, by the option's name. `null` is a secret that is set and stays as it is: it is never
 * sent here, so there is nothing to edit until it is replaced.
 */
export type Draft = Record<string, string | boolean | string[] | [string, string][] | null>

/** What the form begins with: the settings as they are, or the defaults of something new. */
export function draftOf(options: Option[], settings?: Settings): Draft {
  const draft: Draft = {}
  for (const option of options) {
    // What was never set holds its default.
    const value = settings?.[option.name] ?? option.defaultValue
    switch (option.type) {
      case 'boolean':
        draft[option.name] = value === true
        break
      case 'array':
        draft[option.name] = Array.isArray(value) ? value.map(String) : []
        break
      case 'map':
        // Values of a secret map come as their masks, and go back unchanged where nobody types over them.
        draft[option.name] = Object.entries((value as object | undefined) ?? {}).map(
          ([key, each]) => [key, String(each)] as [string, string],
        )
        break
      case 'object':
        draft[option.name] = value === undefined || value === null ? '' : JSON.stringify(value, null, 2)
        break
      default:
        draft[option.name] =
          option.sensitive && typeof value === 'string' && value !== ''
            ? null
            : value === undefined || value === null
              ? ''
              : String(value)
    }
  }
  return draft
}

/** Whether an option means something now: one may be only for some values of another. */
export function matters({ onlyWith }: Option, draft: Draft): boolean {
  return !onlyWith || onlyWith.values.includes(String(draft[onlyWith.name] ?? ''))
}

/**
 * What to send. For something new (`before` left out) empty options are left out; otherwise one that was emptied is sent
 * as `null`, which takes it out. `faults` are at the same pointers as the API's own.
 */
export function settingsOf(
  options: Option[],
  draft: Draft,
  before?: Settings,
): { settings: Sendable; faults: Fault[] } {
  const settings: Settings = {}
  const faults: Fault[] = []
  for (const option of options) {
    const { name } = option
    // What is not shown stays as it is.
    if (!matters(option, draft)) continue
    const typed = draft[name]
    const refuse = (code: string, message: string) =>
      faults.push({ type: 'input-validation', code, message, pointer: pointerOf(name) })
    if (typed === null || typed === undefined) continue
    if (typeof typed === 'boolean') {
      settings[name] = typed
      continue
    }
    const empty =
      typeof typed === 'string'
        ? typed.trim() === ''
        : typed.every((row) => (typeof row === 'string' ? row.trim() === '' : row[0].trim() === ''))
    if (empty) {
      if (option.required) refuse('required', `${titleOf(option)} is needed`)
      else if (before && before[name] !== undefined && before[name] !== null) settings[name] = null
      continue
    }
    if (typeof typed !== 'string') {
      settings[name] =
        option.type === 'map'
          ? Object.fromEntries(
              (typed as [string, string][])
                .filter(([key]) => key.trim() !== '')
                .map(([key, value]) => [key.trim(), value]),
            )
          : (typed as string[]).filter((item) => item.trim() !== '')
      continue
    }
    switch (option.type) {
      case 'number': {
        const value = Number(typed)
        if (Number.isFinite(value)) settings[name] = value
        else refuse('invalid', `${titleOf(option)} is not a number`)
        break
      }
      case 'object':
        try {
          const value: unknown = JSON.parse(typed)
          if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError()
          settings[name] = value
        } catch {
          refuse('invalid', `${titleOf(option)} is not a JSON object`)
        }
        break
      default:
        settings[name] = typed
    }
  }
  return { settings: settings as Sendable, faults }
}

/** A form is long with more options than these: what hardly anybody changes then stands apart. */
const LONG = 6
/** So many choices are shown all at once. */
const CHOICES = 4

/** Options that are asked for at once, and those that are as they should be unless one knows better. */
export function grouped(options: Option[]): { first: Option[]; more: Option[] } {
  if (options.length <= LONG) return { first: options, more: [] }
  const isFine = ({ type, required, defaultValue }: Option) =>
    !required &&
    (type === 'number' || type === 'boolean') &&
    defaultValue !== undefined &&
    defaultValue !== null
  const more = options.filter(isFine)
  return more.length > 1
    ? { first: options.filter((option) => !isFine(option)), more }
    : { first: options, more: [] }
}

/** How people read a number whose name says what it counts: "5 min" of `linger_seconds`. */
export function readingOf(name: string, typed: string): string | undefined {
  const value = Number(typed)
  if (typed.trim() === '' || !Number.isFinite(value) || value < 0) return undefined
  const unit = /(?:^|_|[a-z](?=[A-Z]))(bytes|seconds|ms|milliseconds)(?:_max|_min|Max|Min)?$/i.exec(name)?.[1]
  switch (unit?.toLowerCase()) {
    case 'bytes':
      return value >= 1000 ? bytes(value) : undefined
    case 'seconds':
      return value >= 60 ? duration(value * 1000) : undefined
    case 'ms':
    case 'milliseconds':
      return value >= 1000 ? duration(value) : undefined
    default:
      return undefined
  }
}

interface FieldsProps {
  options: Option[]
  draft: Draft
  onChange: (draft: Draft) => void
  faults?: Fault[]
  /** The settings that hold now, secrets as their masks; left out for something new. */
  before?: Settings
}

/** The fields of an integration's options. Faults whose pointer is in `/settings` are shown at their fields. */
export function OptionFields({ options, ...props }: FieldsProps) {
  // Grouped before some are left out, so that none moves when another choice is made.
  const { first, more: fine } = grouped(options)
  const more = fine.filter((option) => matters(option, props.draft))
  const wrong = more.some(({ name }) => props.faults?.some(({ pointer }) => isAt(pointer, name)))
  const own = more.some(({ name, defaultValue }) => {
    const value = props.before?.[name]
    return value !== undefined && value !== null && value !== defaultValue
  })
  const [open, setOpen] = useState(own)
  return (
    <>
      <Fields options={first} {...props} />
      {more.length > 0 && (
        <details
          className={css.more}
          open={open || wrong}
          onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
        >
          <summary>
            More settings <small>{more.map(titleOf).join(', ')}</small>
          </summary>
          <div className={css.inside}>
            <Fields options={more} {...props} />
          </div>
        </details>
      )}
    </>
  )
}

function Fields({ options, draft, onChange, faults = [], before }: FieldsProps) {
  const shown = options.filter((option) => matters(option, draft))
  return shown.map((option) => {
    const { name } = option
    const set = (value: Draft[string]) => onChange({ ...draft, [name]: value })
    const fault = faults.find(({ pointer }) => isAt(pointer, name))
    const error = fault && toldHere(fault)
    const reading = option.type === 'number' ? readingOf(name, String(draft[name] ?? '')) : undefined
    const said = option.description ? sentence(option.description) : undefined
    const hint = reading ? `${said ? `${said} ` : ''}This is ${reading}.` : said
    const common = {
      label: titleOf(option),
      hint,
      error,
      optional: !option.required && (option.defaultValue === undefined || option.defaultValue === null),
    }
    const typed = draft[name]
    const mask = before?.[name]
    const wasSet = option.sensitive && typeof mask === 'string' && mask !== ''

    if (typed === null) {
      return (
        <KeptSecret key={name} {...{ option, hint, error }} mask={String(mask)} replace={() => set('')} />
      )
    }
    switch (option.type) {
      case 'boolean':
        return (
          <Check
            key={name}
            label={titleOf(option)}
            hint={hint}
            error={error}
            checked={typed === true}
            onChange={(event) => set(event.target.checked)}
          />
        )
      case 'select':
        if ((option.choices?.length ?? 0) <= CHOICES && !common.optional) {
          return <Choices key={name} {...common} option={option} typed={String(typed)} set={set} />
        }
        return (
          <Select key={name} {...common} value={String(typed)} onChange={(event) => set(event.target.value)}>
            {(!option.required || typed === '') && <option value="">—</option>}
            {option.choices?.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </Select>
        )
      case 'array':
        return (
          <Rows key={name} {...common} rows={typed as string[]} onChange={set} blank="" add="Add value">
            {(row, change, label) => (
              <Input mono aria-label={label} value={row} onChange={(event) => change(event.target.value)} />
            )}
          </Rows>
        )
      case 'map':
        return (
          <Rows
            key={name}
            {...common}
            rows={typed as [string, string][]}
            onChange={set}
            blank={['', ''] as [string, string]}
            add="Add entry"
          >
            {([key, value], change, label) => (
              <>
                <Input
                  mono
                  aria-label={`${label}: name`}
                  placeholder="Name"
                  value={key}
                  spellCheck={false}
                  onChange={(event) => change([event.target.value, value])}
                />
                <Input
                  mono
                  aria-label={`${label}: value`}
                  placeholder="Value"
                  value={value}
                  spellCheck={false}
                  autoComplete="off"
                  onChange={(event) => change([key, event.target.value])}
                />
              </>
            )}
          </Rows>
        )
      case 'object':
        return (
          <TextArea
            key={name}
            {...common}
            mono
            spellCheck={false}
            placeholder="{ }"
            value={String(typed)}
            onChange={(event) => set(event.target.value)}
          />
        )
      default:
        return (
          <div key={name} className={css.secret}>
            <TextField
              {...common}
              type={option.sensitive ? 'password' : 'text'}
              inputMode={option.type === 'number' ? 'decimal' : undefined}
              autoComplete={option.sensitive ? 'new-password' : 'off'}
              spellCheck={false}
              value={String(typed)}
              onChange={(event) => set(event.target.value)}
            />
            {wasSet && (
              <p className={css.row}>
                <Button small look="quiet" onClick={() => set(null)}>
                  Keep the one that is set
                </Button>
                {!option.required && <small>Left empty, it is removed when you save.</small>}
              </p>
            )}
          </div>
        )
    }
  })
}

/** A few choices, all of them in sight. */
function Choices({
  label,
  hint,
  error,
  option,
  typed,
  set,
}: {
  label: string
  hint?: string
  error?: string
  option: Option
  typed: string
  set: (value: string) => void
}) {
  const id = useId()
  return (
    <fieldset className={css.rows} aria-invalid={error ? true : undefined}>
      <legend className={css.title}>{label}</legend>
      <div className={css.choices}>
        {option.choices?.map((choice) => (
          <Check
            key={choice}
            type="radio"
            name={id}
            label={choice}
            checked={choice === typed}
            onChange={() => set(choice)}
          />
        ))}
      </div>
      {error && <p className={css.error}>{error}</p>}
      {hint && <small>{hint}</small>}
    </fieldset>
  )
}

function KeptSecret({
  option,
  mask,
  hint,
  error,
  replace,
}: {
  option: Option
  mask: string
  hint?: string
  error?: string
  replace: () => void
}) {
  return (
    <div className={css.secret} role="group" aria-label={titleOf(option)}>
      <span className={css.title}>{titleOf(option)}</span>
      <p className={css.row}>
        <span>
          ✓ Set <code>{mask}</code>
        </span>
        <Button small onClick={replace}>
          Replace
        </Button>
      </p>
      {error && <p className={css.error}>{error}</p>}
      <small>{hint} It is kept encrypted and never shown again.</small>
    </div>
  )
}

function Rows<Row>({
  label,
  hint,
  error,
  optional,
  rows,
  onChange,
  blank,
  add,
  children,
}: {
  label: string
  hint?: string
  error?: string
  optional: boolean
  rows: Row[]
  onChange: (rows: Row[]) => void
  blank: Row
  add: string
  children: (row: Row, change: (row: Row) => void, label: string) => ReactNode
}) {
  return (
    <fieldset className={css.rows} aria-invalid={error ? true : undefined}>
      <legend className={css.title}>
        {label} {optional && <span className={css.optional}>(optional)</span>}
      </legend>
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has nothing else to be known by while it is typed.
        <div key={at} className={css.entry}>
          {children(
            row,
            (changed) => onChange(rows.map((each, place) => (place === at ? changed : each))),
            `${label} ${at + 1}`,
          )}
          <Button
            small
            aria-label={`Remove ${label} ${at + 1}`}
            onClick={() => onChange(rows.filter((_, place) => place !== at))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button small onClick={() => onChange([...rows, blank])}>
        {add}
      </Button>
      {error && <p className={css.error}>{error}</p>}
      {hint && <small>{hint}</small>}
    </fieldset>
  )
}

/** What people call an option. */
export const titleOf = (option: Pick<Option, 'label' | 'name'>) => option.label || option.name

const step = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
const pointerOf = (name: string) => `/settings/${step(name)}`
const isAt = (pointer: string | null | undefined, name: string) =>
  pointer === pointerOf(name) || (pointer?.startsWith(`${pointerOf(name)}/`) ?? false)
