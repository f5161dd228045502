# Tell those on duty: a text for the web hook of their chat or pager.
{% set lost = data['kind'] == 'service_lost' %}
{% set more = 'error ' ~ data['error'] if lost else data['count'] ~ ' events' %}
alarm:
  runner.http.query:
    - args:
      - url: {{ opts['winras.alarms'] | json }}
      - method: POST
      - header_dict:
          Content-Type: application/json
      - data: {{ {'text': data['id'] ~ ': ' ~ data['kind'] ~ ', ' ~ more} | json | json }}
