import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { Fault, Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm, Dialog } from '../../../kit/dialog'
import { Actions, Check, Select, Summary, TextArea, TextField, toldHere } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Body, Empty, Section, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { toast } from '../../../kit/toast'
import { integrationQuery } from '../data'
import { editable } from '../fields'
import css from '../portal.module.css'
import { OPTION_TYPES } from './choices'
import { useDraft } from './draft-context'
import { useEdited } from './edited'
import { camelCase, defaultOf, textOf } from './option'

type Option = Shapes['SourceOption']

/** The settings that customers fill in. */
export function SetupFields() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Setup', slug)
  const { integration } = useQuery(integrationQuery(slug)).data!
  const { info, save } = useDraft()
  const options = info.options ?? []
  const frozen = !editable(integration.status)
  const { edited, setEdited, removed, setRemoved, close } = useEdited(options, '/options')
  return (
    <Body>
      <Section
        title={plural(options.length, 'setup field')}
        sub="What a customer fills in when adding your source. Most sources need none: the write key goes into your product."
        actions={
          <Button look="primary" disabled={frozen} data-field="/options" onClick={() => setEdited('new')}>
            Add field
          </Button>
        }
      >
        {options.length === 0 ? (
          <Empty title="Customers fill in nothing">
            <p>Add a field for what your product has to know: a region, an account, a list to leave out.</p>
          </Empty>
        ) : (
          <Table
            label="Setup fields"
            rows={options.map((option, at) => ({ option, at }))}
            id={({ option }) => option.name}
            columns={[
              {
                head: 'field',
                cell: ({ option }) => <Name below={option.name}>{option.label || option.name}</Name>,
              },
              {
                head: 'type',
                cell: ({ option }) =>
                  OPTION_TYPES.find(({ key }) => key === option.type)?.name ?? option.type,
              },
              {
                head: 'rules',
                cell: ({ option }) => (
                  <span className={css.buttons}>
                    {option.required && <Badge>required</Badge>}
                    {option.sensitive && (
                      <Badge tone="warn" glyph="•">
                        secret
                      </Badge>
                    )}
                    {textOf(option.defaultValue) !== '' && (
                      <Badge>default {textOf(option.defaultValue)}</Badge>
                    )}
                  </span>
                ),
              },
              {
                head: '',
                cell: ({ option, at }) => (
                  <span className={css.buttons}>
                    <Button
                      small
                      disabled={frozen}
                      aria-label={`Edit ${option.name}`}
                      onClick={() => setEdited(at)}
                    >
                      Edit
                    </Button>
                    <Button
                      small
                      look="quiet"
                      disabled={frozen}
                      aria-label={`Remove ${option.name}`}
                      onClick={() => setRemoved(at)}
                    >
                      Remove
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Section>
      <Dialog title={edited === 'new' ? 'Add field' : 'Edit field'} open={edited !== null} onClose={close}>
        {edited !== null && (
          <OptionForm
            option={edited === 'new' ? undefined : options[edited]}
            at={edited === 'new' ? options.length : edited}
            onClose={close}
            onSave={async (option) => {
              await save({
                options:
                  edited === 'new'
                    ? [...options, option]
                    : options.map((each, at) => (at === edited ? option : each)),
              })
              toast(`${option.label || option.name} is saved`)
              close()
            }}
          />
        )}
      </Dialog>
      <Confirm
        title="Remove this field?"
        open={removed !== null}
        onClose={() => setRemoved(null)}
        action="Remove field"
        run={async () => {
          await save({ options: options.filter((_, at) => at !== removed) })
          toast('The field is removed')
        }}
      >
        <p>Customers are no longer asked for it.</p>
      </Confirm>
    </Body>
  )
}

function OptionForm({
  option,
  at,
  onSave,
  onClose,
}: {
  option: Option | undefined
  at: number
  onSave: (option: Option) => Promise<void>
  onClose: () => void
}) {
  const [label, setLabel] = useState(option?.label ?? '')
  const [name, setName] = useState(option?.name ?? '')
  const [edited, setEdited] = useState(option !== undefined)
  const [type, setType] = useState<Option['type']>(option?.type ?? 'string')
  const [required, setRequired] = useState(option?.required ?? false)
  const [sensitive, setSensitive] = useState(option?.sensitive ?? false)
  const [description, setDescription] = useState(option?.description ?? '')
  const [initial, setInitial] = useState(textOf(option?.defaultValue))
  const [choices, setChoices] = useState((option?.choices ?? []).join('\n'))
  const [faults, setFaults] = useState<Fault[]>([])
  const [wrongDefault, setWrongDefault] = useState<string>()
  const [busy, setBusy] = useState(false)
  const base = `/options/${at}`
  const fields = ['name', 'label', 'type', 'description', 'defaultValue', 'choices']
  const of = (fault: Fault, part: string) => fault.pointer?.startsWith(`${base}/${part}`) ?? false
  const error = (part: string) => {
    const fault = faults.find((each) => of(each, part))
    return fault && toldHere(fault)
  }
  const key = edited ? name : camelCase(label)
  return (
    <form
      className={css.fieldset}
      noValidate
      onSubmit={async (event) => {
        event.preventDefault()
        setFaults([])
        setWrongDefault(undefined)
        const value = sensitive ? undefined : defaultOf(type, initial)
        if (value instanceof Error) return setWrongDefault(value.message)
        setBusy(true)
        try {
          await onSave({
            name: key,
            label: label.trim() || null,
            type,
            required,
            sensitive,
            description: description.trim() || null,
            ...(value === undefined ? {} : { defaultValue: value }),
            choices:
              type === 'select'
                ? choices
                    .split('\n')
                    .map((line) => line.trim())
                    .filter(Boolean)
                : [],
          } as Option)
        } catch (failure) {
          setFaults(failureFaults(failure))
        } finally {
          setBusy(false)
        }
      }}
    >
      <Summary faults={faults.filter((fault) => !fields.some((part) => of(fault, part)))} />
      <TextField
        label="Label"
        autoFocus
        hint="What stands above the field."
        value={label}
        error={error('label')}
        onChange={(event) => setLabel(event.target.value)}
      />
      <TextField
        label="Key"
        mono
        hint="Its name in the settings, in camelCase. Made from the label until you edit it."
        value={key}
        error={error('name')}
        onChange={(event) => {
          setEdited(event.target.value !== '')
          setName(event.target.value)
        }}
      />
      <Select
        label="Type"
        value={type}
        error={error('type')}
        onChange={(event) => setType(event.target.value as Option['type'])}
      >
        {OPTION_TYPES.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </Select>
      {type === 'select' && (
        <TextArea
          label="Choices"
          rows={4}
          hint="One a line."
          value={choices}
          error={error('choices')}
          onChange={(event) => setChoices(event.target.value)}
        />
      )}
      <TextArea
        label="Description"
        optional
        rows={2}
        style={{ minBlockSize: 60 }}
        hint="What stands below the field."
        value={description}
        error={error('description')}
        onChange={(event) => setDescription(event.target.value)}
      />
      <Check
        label="Required"
        hint="It has to be filled in before the source is added."
        checked={required}
        onChange={(event) => setRequired(event.target.checked)}
      />
      <Check
        label="Sensitive"
        hint="A secret: written, never shown again."
        checked={sensitive}
        onChange={(event) => setSensitive(event.target.checked)}
      />
      {!sensitive && (
        <TextField
          label="Default"
          optional
          hint={DEFAULT_HINTS[type]}
          value={initial}
          error={wrongDefault ?? error('defaultValue')}
          onChange={(event) => setInitial(event.target.value)}
        />
      )}
      <Actions>
        <Button type="submit" look="primary" busy={busy}>
          Save field
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </Actions>
    </form>
  )
}

const DEFAULT_HINTS: Record<Option['type'], string> = {
  string: 'What it is when the customer gives nothing.',
  boolean: 'true or false',
  number: 'A number.',
  select: 'One of the choices.',
  array: 'A JSON list of texts: ["one", "two"]',
  object: 'A JSON object.',
  map: 'A JSON object of texts: {"name": "text"}',
}
