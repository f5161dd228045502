# Winras in the Python that runs the minion, from the wheels in salt://wheels.
# pip takes the one that fits. Without bin_env, a onedir gets it by its own
# salt-pip; cffi, which winras needs, has come with Salt.
{% set wheels = opts['cachedir'] ~ '/wheels' %}

winras wheels:
  file.recurse:
    - name: {{ wheels }}
    - source: salt://wheels

winras:
  pip.installed:
    - find_links: {{ wheels }}
    - no_index: True
    - no_deps: True
    - require:
      - file: winras wheels
