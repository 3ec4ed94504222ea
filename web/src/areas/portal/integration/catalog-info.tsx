import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Confirm } from '../../../kit/dialog'
import { Actions, Check, Select, Summary, sentence, TextArea, TextField } from '../../../kit/fields'
import { useApiForm } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Caption, CheckLine, Columns, Pairs, Panel, useTitle } from '../../../kit/page'
import { Spoken } from '../../../kit/spoken'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import {
  completenessQuery,
  type Info,
  integrationKey,
  integrationQuery,
  previewQuery,
  testAccountQuery,
} from '../data'
import { editable } from '../fields'
import { FieldLink, PlaceLink, useFocusedField } from '../place-link'
import css from '../portal.module.css'
import { CATEGORIES, REGIONS } from './choices'
import { faultAt, useDraft } from './draft-context'
import { Picture } from './picture'
import { Card, Detail } from './preview'

type Text = 'description' | 'website' | 'supportEmail' | 'docsUrl'

/** The listing, beside how customers will see it. */
export function CatalogInfo() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Catalog info', slug)
  useFocusedField()
  const { integration } = useQuery(integrationQuery(slug)).data!
  const { info, faults, change } = useDraft()
  const preview = useQuery(previewQuery(slug))
  const frozen = !editable(integration.status)
  const error = (pointer: string) => {
    const text = faultAt(faults, pointer)
    return text && sentence(text)
  }
  const text = (name: Text) => ({
    'data-field': `/${name}`,
    value: info[name] ?? '',
    error: error(`/${name}`),
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  })
  const category = (name: 'primaryCategory' | 'secondaryCategory') => ({
    'data-field': `/${name}`,
    value: info[name] ?? '',
    error: error(`/${name}`),
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value || null }),
  })
  const shots = info.screenshots ?? []
  const setShots = (screenshots: NonNullable<Info['screenshots']>) => change({ screenshots })
  return (
    <Body>
      <Columns
        side={
          <>
            <Caption>catalog card</Caption>
            <Loaded query={preview}>
              {(entry) => (
                <>
                  <Card slug={slug} entry={entry} />
                  <Caption>its page</Caption>
                  <Panel>
                    <Detail slug={slug} entry={entry} />
                  </Panel>
                </>
              )}
            </Loaded>
            <Completeness slug={slug} />
          </>
        }
      >
        <Pairs
          of={[
            [
              'Name',
              <span key="name">
                {integration.name}{' '}
                <PlaceLink slug={slug} place={{ tab: 'settings' }}>
                  Rename
                </PlaceLink>
              </span>,
            ],
            ['Slug', <code key="slug">{slug}</code>],
          ]}
        />
        <fieldset className={css.fieldset} disabled={frozen}>
          <legend hidden>Catalog info</legend>
          <TextArea
            label="Description"
            rows={6}
            hint="What a customer gets, in a sentence or two. Markdown: bold, lists, links."
            count={{ text: info.description ?? '', most: 500 }}
            {...text('description')}
          />
          <div className={css.pair}>
            <TextField
              label="Website"
              type="url"
              inputMode="url"
              hint="Your product's page."
              {...text('website')}
            />
            <TextField
              label="Documentation link"
              optional
              type="url"
              inputMode="url"
              hint="Your own documentation, if it is elsewhere."
              {...text('docsUrl')}
            />
          </div>
          <TextField
            label="Support address"
            type="email"
            hint="Where we forward questions. Never shown to customers."
            {...text('supportEmail')}
          />
          <div className={css.pair}>
            <Select
              label="Category"
              hint="Where customers would look for it."
              {...category('primaryCategory')}
            >
              <option value="">Choose…</option>
              {CATEGORIES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
            <Select label="Second category" optional {...category('secondaryCategory')}>
              <option value="">None</option>
              {CATEGORIES.filter((name) => name !== info.primaryCategory).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          </div>
          <MoreCategories disabled={frozen} error={error('/moreCategories')} />
          <div className={css.pair}>
            <Picture
              slug={slug}
              use="logo"
              label="Logo (SVG)"
              hint="With your company's name; wide rather than tall. Up to 64 KB."
              accept="image/svg+xml,.svg"
              field="/logo"
              error={error('/logo')}
              value={info.logo}
              disabled={frozen}
              onAccept={(logo) => change({ logo })}
              onRemove={() => change({ logo: null })}
            />
            <Picture
              slug={slug}
              use="mark"
              label="Mark (SVG)"
              hint="Square, without your company's name. Up to 64 KB."
              accept="image/svg+xml,.svg"
              field="/mark"
              error={error('/mark')}
              value={info.mark}
              disabled={frozen}
              onAccept={(mark) => change({ mark })}
              onRemove={() => change({ mark: null })}
            />
          </div>
          <fieldset className={css.group} data-field="/screenshots">
            <legend className={css.label}>
              Screenshots <span className={css.hint}>(optional, up to two)</span>
            </legend>
            <div className={css.pair}>
              {[...shots, ...(shots.length < 2 ? [null] : [])].map((shot, at) => (
                <Picture
                  key={shot?.asset ?? 'new'}
                  slug={slug}
                  use="screenshot"
                  label={shot ? `Screenshot ${at + 1}` : 'Add a screenshot'}
                  hint="PNG, JPEG or WebP, up to 2 MB."
                  accept="image/png,image/jpeg,image/webp"
                  field={`/screenshots/${at}`}
                  error={error(`/screenshots/${at}/asset`)}
                  value={shot?.asset}
                  disabled={frozen}
                  onAccept={(asset) =>
                    setShots(
                      shot
                        ? shots.map((each, place) => (place === at ? { ...each, asset } : each))
                        : [...shots, { asset, caption: null }],
                    )
                  }
                  onRemove={() => setShots(shots.filter((_, place) => place !== at))}
                >
                  {shot && (
                    <TextField
                      label="Caption"
                      optional
                      count={{ text: shot.caption ?? '', most: 150 }}
                      value={shot.caption ?? ''}
                      error={error(`/screenshots/${at}/caption`)}
                      onChange={(event) =>
                        setShots(
                          shots.map((each, place) =>
                            place === at ? { ...each, caption: event.target.value || null } : each,
                          ),
                        )
                      }
                    />
                  )}
                </Picture>
              ))}
            </div>
          </fieldset>
          <fieldset className={css.group} data-field="/regions">
            <legend className={css.label}>Regions your source can send to</legend>
            <div className={css.inline}>
              {REGIONS.map(({ key, name }) => (
                <Check
                  key={key}
                  label={
                    <>
                      {name} <code>{key}</code>
                    </>
                  }
                  checked={(info.regions ?? []).includes(key)}
                  onChange={(event) => {
                    const others = (info.regions ?? []).filter((region) => region !== key)
                    change({ regions: event.target.checked ? [...others, key] : others })
                  }}
                />
              ))}
            </div>
            {error('/regions') && <p className={css.error}>{error('/regions')}</p>}
            <span className={css.hint}>
              Those that your product lets its users choose. None means US West.
            </span>
          </fieldset>
        </fieldset>
        <TestAccount slug={slug} />
      </Columns>
    </Body>
  )
}

function MoreCategories({ disabled, error }: { disabled: boolean; error: string | undefined }) {
  const { info, change } = useDraft()
  const more = info.moreCategories ?? []
  const taken = [info.primaryCategory, info.secondaryCategory, ...more]
  const most = info.secondaryCategory ? 3 : 4
  return (
    <div className={css.group} data-field="/moreCategories">
      <Select
        label="More categories"
        optional
        hint="One or two categories are usual."
        error={error}
        value=""
        disabled={disabled || more.length >= most}
        onChange={(event) => change({ moreCategories: [...more, event.target.value] })}
      >
        <option value="">{more.length >= most ? 'No further one' : 'Add one…'}</option>
        {CATEGORIES.filter((name) => !taken.includes(name)).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      {more.length > 0 && (
        <span className={css.buttons}>
          {more.map((name) => (
            <Button
              key={name}
              small
              disabled={disabled}
              aria-label={`Remove ${name}`}
              onClick={() => change({ moreCategories: more.filter((each) => each !== name) })}
            >
              {name} <span aria-hidden>✕</span>
            </Button>
          ))}
        </span>
      )}
    </div>
  )
}

function Completeness({ slug }: { slug: string }) {
  const { missing } = useQuery(completenessQuery(slug)).data ?? {}
  if (!missing) return null
  return (
    <>
      <Caption>{missing.length === 0 ? 'complete' : `still missing: ${missing.length}`}</Caption>
      <Panel flush>
        <ul className={css.lines}>
          {missing.length === 0 && <CheckLine done label="Everything that is required is there" />}
          {missing.map((gap) => (
            <CheckLine
              key={gap.pointer}
              done={false}
              label={gap.what.charAt(0).toUpperCase() + gap.what.slice(1)}
              detail={sentence(gap.fix)}
              action={
                <FieldLink slug={slug} pointer={gap.pointer}>
                  Fix<Spoken> {gap.what}</Spoken>
                </FieldLink>
              }
            />
          ))}
        </ul>
      </Panel>
    </>
  )
}

function TestAccount({ slug }: { slug: string }) {
  const client = useQueryClient()
  const account = useQuery(testAccountQuery(slug))
  const [replace, setReplace] = useState(false)
  const [remove, setRemove] = useState(false)
  const params = { path: { integrationId: slug } }
  const changed = async () => {
    await client.invalidateQueries({ queryKey: integrationKey(slug, 'test-account') })
    await client.invalidateQueries({ queryKey: integrationKey(slug, 'checklist') })
  }
  const form = useApiForm({
    values: { username: '', password: '', notes: '' },
    send: async (body) => {
      await read(api.PUT('/integrations/{integrationId}/test-account', { params, body }))
      await changed()
      form.reset()
      setReplace(false)
      toast('The test account is set')
    },
  })
  return (
    <section className={css.group} data-field="/testAccount">
      <h2>Test account</h2>
      <p className={css.hint}>
        An account in your product, for reviewers. It is sealed: nobody in the portal can read it again, and
        every reading by a reviewer is noted in your audit.
      </p>
      <Loaded query={account} rows={1}>
        {({ there, updatedAt }) =>
          there && !replace ? (
            <Panel>
              <div className={css.inline}>
                <span>
                  <span className={css.free}>✓</span> Set <Time at={updatedAt} />
                </span>
                <span className={css.buttons}>
                  <Button small onClick={() => setReplace(true)}>
                    Replace
                  </Button>
                  <Button small look="danger" onClick={() => setRemove(true)}>
                    Remove
                  </Button>
                </span>
              </div>
            </Panel>
          ) : (
            <form className={css.fieldset} onSubmit={form.submit} noValidate>
              <Summary faults={form.faults} />
              <div className={css.pair}>
                <TextField
                  label="User name"
                  autoComplete="off"
                  error={form.errors.username?.message}
                  {...form.register('username', { required: 'A user name is needed.' })}
                />
                <TextField
                  label="Password"
                  type="password"
                  autoComplete="new-password"
                  error={form.errors.password?.message}
                  {...form.register('password', { required: 'A password is needed.' })}
                />
              </div>
              <TextArea
                label="Notes"
                optional
                hint="What else one has to know to log in, and what to do to make events."
                error={form.errors.notes?.message}
                {...form.register('notes')}
              />
              <Actions>
                <Button type="submit" busy={form.busy}>
                  Set test account
                </Button>
                {replace && <Button onClick={() => setReplace(false)}>Cancel</Button>}
              </Actions>
            </form>
          )
        }
      </Loaded>
      <Confirm
        title="Remove the test account?"
        open={remove}
        onClose={() => setRemove(false)}
        action="Remove"
        run={async () => {
          await read(api.DELETE('/integrations/{integrationId}/test-account', { params }))
          await changed()
          toast('The test account is removed')
        }}
      >
        <p>Reviewers cannot log in to your product without one, and the source cannot be submitted.</p>
      </Confirm>
    </section>
  )
}
