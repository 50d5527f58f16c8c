#!/usr/bin/env bash
# Pairs a device with a Parse Server that has parse-server-sessions: shows a code, waits until its user has allowed or
# denied it, and keeps the token of its session in a file that only this user reads. Needs bash 4, curl and jq.
#
#   PARSE_SERVER_URL=https://example.com/parse PARSE_SERVER_APPLICATION_ID=my-app ./pair.sh
#
# DEVICE_NAME, DEVICE_SCOPES (a scope a word) and TOKEN_FILE say more; DEVICE_ID, which no other device of the user has,
# lets a session of this device take the place of its older one; FUNCTION_PREFIX is what the server has.
# Exit codes: 0 paired, 1 refused, denied or expired, 2 no answer of the server.
set -euo pipefail

server=${PARSE_SERVER_URL:?such as https://example.com/parse}
app_id=${PARSE_SERVER_APPLICATION_ID:?the id of the app}
name=${DEVICE_NAME:-Thermometer}
scopes=${DEVICE_SCOPES:-Telemetry:create}
id=${DEVICE_ID:-}
token_file=${TOKEN_FILE:-token}

die() {
  echo "$2" >&2
  exit "$1"
}

# Without TLS whoever is on the way reads the token.
case $server in
  https://* | http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
  *) die 1 'PARSE_SERVER_URL must begin with https://' ;;
esac
if [[ -s $token_file ]]; then
  echo "Paired already: the token is in $token_file."
  exit
fi

# Sends the JSON of its standard input to a cloud function, and prints the result. Returns 1 where Parse Server refuses
# it, and 2 where there is no answer of Parse Server, so that it may be asked again. A code is never an argument of a
# program: the list of processes would show it.
ask() {
  local answer status body
  answer=$(curl --silent --max-time 30 --write-out '\n%{http_code}' --data @- \
    --header "X-Parse-Application-Id: $app_id" --header 'Content-Type: application/json' \
    "${server%/}/functions/${FUNCTION_PREFIX:-}$1") || return 2
  status=${answer##*$'\n'}
  body=${answer%$'\n'*}
  if jq --exit-status --compact-output '.result // empty' 2>/dev/null <<<"$body"; then return 0; fi
  if ((status >= 500 || status == 429)); then return 2; fi
  # An app id that the server does not know is refused without a code.
  jq --exit-status --raw-output --arg status "$status" 'select(.error) | "Refused: \(.code // "HTTP \($status)") \(.error)"' \
    <<<"$body" >&2 2>/dev/null || return 2
  return 1
}

wish=$(jq --null-input --arg name "$name" --arg scopes "$scopes" --arg id "$id" \
  '{ name: $name, scopes: ($scopes | split(" ")) } + if $id == "" then {} else { installationId: $id } end')
started=$(ask startPairing <<<"$wish") || die $? 'There is no code to show.'
IFS=$'\t' read -r device_code user_code page expires_in interval < <(
  jq --raw-output '[.deviceCode, .userCode, .verificationUri, .expiresIn, .interval] | @tsv' <<<"$started"
)

echo "Open $page and type $user_code"
echo "It is good for $((expires_in / 60)) minutes."

end=$((SECONDS + expires_in))
pause=$interval
while ((SECONDS + pause < end)); do
  sleep "$pause"
  if answer=$(jq --raw-input '{ deviceCode: . }' <<<"$device_code" | ask completePairing); then
    case $(jq --raw-output .status <<<"$answer") in
      approved)
        (umask 077 && jq --join-output .sessionToken <<<"$answer" >"$token_file.new")
        mv "$token_file.new" "$token_file"
        jq --raw-output '"Paired, for \(.scopes // ["all that a restricted session may"] | join(", "))."' <<<"$answer"
        exit
        ;;
      denied) die 1 'Denied.' ;;
      expired) die 1 'Expired.' ;;
      slowDown) interval=$((interval + 5)) ;;
    esac
    pause=$interval
  elif (($? == 1)); then
    exit 1
  else
    # Twice as slow each time, a minute at most, and never faster than the server has said.
    pause=$((pause * 2 > 60 ? 60 : pause * 2))
    pause=$((pause < interval ? interval : pause))
  fi
done
die 1 'Expired.'
